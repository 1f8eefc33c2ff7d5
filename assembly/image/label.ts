/** A place that is named before it is known: in machine code a byte offset, in a program a row. */
export class Label {
  position: i32 = -1;

  constructor(public name: string) {}

  get isPlaced(): bool {
    return this.position >= 0;
  }
}
