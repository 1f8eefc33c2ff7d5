import { Label } from './label';

/**
 * Bytes of machine code with, beside each instruction, the line that a person reads (`orlop plan --interpreter` prints
 * them). An architecture's file adds the instructions; jumps name labels and are resolved once, at the end.
 */
export class Assembler {
  bytes: u8[] = [];
  lines: Line[] = [];
  private jumps: Jump[] = [];

  get position(): i32 {
    return this.bytes.length;
  }

  /** Starts an instruction: the bytes that follow belong to `text`. */
  instruction(text: string): void {
    this.lines.push(new Line(this.bytes.length, text));
  }

  byte(value: i32): void {
    this.bytes.push(<u8>value);
  }

  word(value: u32): void {
    for (let shift = 0; shift < 32; shift += 8) this.bytes.push(<u8>(value >> shift));
  }

  place(label: Label): void {
    label.position = this.bytes.length;
    this.lines.push(new Line(this.bytes.length, `${label.name}:`));
  }

  /** Leaves room for a 32-bit distance to `label`, counted from the end of the instruction. */
  distance(label: Label): void {
    this.jumps.push(new Jump(this.bytes.length, label));
    this.word(0);
  }

  resolve(): void {
    for (let index = 0; index < this.jumps.length; index++) {
      const jump = this.jumps[index];
      assert(jump.label.isPlaced, 'a jump to a label that was never placed');
      const distance = <u32>(jump.label.position - (jump.position + 4));
      for (let shift = 0; shift < 32; shift += 8) this.bytes[jump.position + (shift >> 3)] = <u8>(distance >> shift);
    }
  }
}

export class Line {
  constructor(
    public position: i32,
    public text: string,
  ) {}
}

class Jump {
  constructor(
    public position: i32,
    public label: Label,
  ) {}
}
