import { join } from '../json/text';
import { FlagNames } from './constants';

/**
 * One argument of a row: its 64 bits, and how a person reads it. The text is only made when somebody asks for a listing
 * or an error; compiling never pays for it.
 */
export class Operand {
  /** The argument is the address of a cell whose contents the kernel shall get. */
  isLoaded: bool = false;

  constructor(public value: u64) {}

  render(): string {
    const value = <i64>this.value;
    return value < 0 || value < 4096 ? value.toString() : `0x${this.value.toString(16)}`;
  }
}

/** The contents of a cell: what an earlier row returned. */
export class Load extends Operand {
  constructor(cell: Cell) {
    super(cell.address);
    this.isLoaded = true;
    this.name = cell.name;
  }

  name: string;

  override render(): string {
    return this.name;
  }
}

/** Flags of a kernel header, shown by name. */
export class Flags extends Operand {
  constructor(
    value: u64,
    public names: FlagNames,
  ) {
    super(value);
  }

  override render(): string {
    return this.names.render(this.value);
  }
}

/** A number that has one name. */
export class Named extends Operand {
  constructor(
    value: u64,
    public name: string,
  ) {
    super(value);
  }

  override render(): string {
    return this.name;
  }
}

/** A number that is read in octal: modes. */
export class Mode extends Operand {
  override render(): string {
    return `0${this.value.toString(8)}`;
  }
}

/** The address of a string. */
export class Text extends Operand {
  constructor(
    address: u32,
    public text: string,
  ) {
    super(address);
  }

  override render(): string {
    return quote(this.text);
  }
}

/** The address of a NULL-terminated vector of strings. */
export class Vector extends Operand {
  constructor(
    address: u32,
    public texts: string[],
    public isCounted: bool,
  ) {
    super(address);
  }

  override render(): string {
    if (this.isCounted) return `[${this.texts.length} strings]`;
    const quoted: string[] = [];
    const shown = min(this.texts.length, LONGEST_VECTOR);
    for (let index = 0; index < shown; index++) quoted.push(quote(this.texts[index]));
    if (shown < this.texts.length) quoted.push(`… ${this.texts.length - shown} more`);
    return `[${join(quoted, ', ')}]`;
  }
}

/** The address of a struct whose fields are themselves operands. */
export class Struct extends Operand {
  constructor(
    address: u32,
    public names: string[],
    public fields: Operand[],
  ) {
    super(address);
  }

  override render(): string {
    const parts: string[] = [];
    for (let index = 0; index < this.fields.length; index++) {
      const field = this.fields[index];
      if (field.value != 0 || index == 0) parts.push(`${this.names[index]}=${field.render()}`);
    }
    return `{${join(parts, ', ')}}`;
  }
}

/** Eight bytes of the data segment that rows store results in and load arguments from. */
export class Cell {
  constructor(
    public address: u32,
    public name: string,
  ) {}
}

/** A listing is for people: of a longer text it shows the beginning, of a longer vector the first. */
const LONGEST_TEXT = 4096;
const LONGEST_VECTOR = 64;

export function quote(text: string): string {
  const parts: string[] = ['"'];
  const end = min(text.length, LONGEST_TEXT);
  let from = 0;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x20 && code != 0x22 && code != 0x5c && code != 0x7f) continue;
    parts.push(text.substring(from, index));
    from = index + 1;
    if (code == 0x22) parts.push('\\"');
    else if (code == 0x5c) parts.push('\\\\');
    else if (code == 0x0a) parts.push('\\n');
    else parts.push(`\\x${code < 16 ? '0' : ''}${code.toString(16)}`);
  }
  parts.push(text.substring(from, end));
  parts.push(end < text.length ? `"… ${text.length} characters` : '"');
  return join(parts, '');
}
