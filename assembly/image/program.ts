import { NONE } from '../json/document';
import { Bytes } from './bytes';
import { Call } from './calls';
import { FlagNames, OPEN_HOW, RESOLVE } from './constants';
import { Label } from './label';
import { CONSTANTS_ADDRESS, DATA_ADDRESS, LOG_SIZE, RECORD_SIZE } from './layout';
import { Cell, Flags, Load, Mode, Named, Operand, Struct, Text, Vector } from './operand';

/** One system call or branch of a launch, before it is bytes. */
export class Row {
  store: Cell | null = null;
  errno1: u16 = 0;
  errno2: u16 = 0;
  target: Label | null = null;

  constructor(
    public call: Call,
    public step: i32,
    public node: i32,
    /** The arguments; the first that is null ends them. */
    public first: Operand | null,
    public second: Operand | null,
    public third: Operand | null,
    public fourth: Operand | null,
    public fifth: Operand | null,
  ) {}

  /** Compiling never calls this: an array for each row would cost more than the row. */
  get operands(): Operand[] {
    const operands: Operand[] = [];
    const first = this.first;
    if (first) operands.push(first);
    const second = this.second;
    if (second) operands.push(second);
    const third = this.third;
    if (third) operands.push(third);
    const fourth = this.fourth;
    if (fourth) operands.push(fourth);
    const fifth = this.fifth;
    if (fifth) operands.push(fifth);
    return operands;
  }

  /** Keeps the result in a cell. */
  into(cell: Cell): Row {
    this.store = cell;
    return this;
  }

  /** Goes on with the next row, or at `target`, when the call fails with this errno. At most two per row. */
  tolerate(errno: u16, target: Label | null = null): Row {
    if (this.errno1 == 0) this.errno1 = errno;
    else this.errno2 = errno;
    if (target) this.target = target;
    return this;
  }
}

/**
 * The rows of a launch with their data, in the order in which the kernel will see them. `step` and `node` say what the
 * rows that follow are for: which step of the plan, and which place in config.json.
 */
export class Program {
  rows: Row[] = [];
  data: Bytes = new Bytes();
  /** What nobody writes to. */
  constants: Bytes = new Bytes();
  step: i32 = NONE;
  node: i32 = NONE;
  private texts: Map<usize, u32> = new Map<usize, u32>();

  /** The failure record, which opens the data (layout.ts). */
  failure: Cell = new Cell(DATA_ADDRESS, 'failure');

  constructor() {
    this.data.reserve(RECORD_SIZE + LOG_SIZE, 8);
  }

  // ------------------------------------------------------------------ rows

  call(
    call: Call,
    first: Operand | null = null,
    second: Operand | null = null,
    third: Operand | null = null,
    fourth: Operand | null = null,
    fifth: Operand | null = null,
  ): Row {
    const row = new Row(call, this.step, this.node, first, second, third, fourth, fifth);
    this.rows.push(row);
    return row;
  }

  /** Goes to `target` if (cell & mask) == value. */
  branch(cell: Cell, mask: u64, value: u64, target: Label): void {
    this.call(Call.BRANCH, this.at(cell), new Operand(mask), new Operand(value)).target = target;
  }

  /** Goes to `target` in any case: a branch that compares nothing. */
  jump(target: Label): void {
    this.branch(this.failure, 0, 0, target);
  }

  place(label: Label): void {
    label.position = this.rows.length;
  }

  // -------------------------------------------------------------- operands

  number(value: u64): Operand {
    return new Operand(value);
  }

  named(value: u64, name: string): Operand {
    return new Named(value, name);
  }

  flags(value: u64, names: FlagNames): Operand {
    return new Flags(value, names);
  }

  mode(value: u64): Operand {
    return new Mode(value);
  }

  load(cell: Cell): Operand {
    return new Load(cell);
  }

  /** The address of a cell, for calls that write there. */
  at(cell: Cell): Operand {
    return new Named(cell.address, cell.name);
  }

  text(text: string): Text {
    return new Text(this.intern(text), text);
  }

  /** NULL, shown so. */
  null(): Operand {
    return new Named(0, 'NULL');
  }

  vector(texts: string[], isCounted: bool = false): Vector {
    const addresses: u32[] = [];
    for (let index = 0; index < texts.length; index++) addresses.push(this.intern(texts[index]));
    const offset = this.data.reserve(8 * (texts.length + 1), 8);
    for (let index = 0; index < addresses.length; index++) this.data.put64(offset + 8 * index, addresses[index]);
    return new Vector(DATA_ADDRESS + offset, texts, isCounted);
  }

  /** A struct of 64-bit fields, which is what most newer calls take. */
  struct(names: string[], fields: Operand[]): Struct {
    const offset = this.data.reserve(8 * fields.length, 8);
    for (let index = 0; index < fields.length; index++) this.data.put64(offset + 8 * index, fields[index].value);
    return new Struct(DATA_ADDRESS + offset, names, fields);
  }

  /** struct sock_fprog, include/uapi/linux/filter.h: how many instructions, and where they are. */
  filter(instructions: u64[]): Operand {
    const constants = this.constants;
    const header = constants.reserve(16, 8);
    const body = constants.reserve(8 * instructions.length, 8);
    constants.put16(header, <u16>instructions.length);
    constants.put64(header + 8, CONSTANTS_ADDRESS + body);
    for (let index = 0; index < instructions.length; index++) constants.put64(body + 8 * index, instructions[index]);
    return new Named(CONSTANTS_ADDRESS + header, `{${instructions.length} instructions}`);
  }

  /** struct open_how, include/uapi/linux/openat2.h */
  how(flags: Operand, mode: u64, resolve: u64): Struct {
    return this.struct(OPEN_HOW, [flags, new Mode(mode), new Flags(resolve, RESOLVE)]);
  }

  // ------------------------------------------------------------------ data

  cell(name: string, value: u64 = 0): Cell {
    const offset = this.data.reserve(8, 8);
    this.data.put64(offset, value);
    return new Cell(DATA_ADDRESS + offset, name);
  }

  /** An area that the kernel writes, or that is made by hand with `data`. */
  area(name: string, size: i32): Cell {
    return new Cell(DATA_ADDRESS + this.data.reserve(size, 8), name);
  }

  /** A field of an area, as a cell of its own. */
  field(area: Cell, offset: u32, name: string): Cell {
    return new Cell(area.address + offset, name);
  }

  put32(area: Cell, offset: i32, value: u32): void {
    this.data.put32(area.address - DATA_ADDRESS + offset, value);
  }

  put64(area: Cell, offset: i32, value: u64): void {
    this.data.put64(area.address - DATA_ADDRESS + offset, value);
  }

  /** Once for each string object: literals repeat, and nothing is ever moved or freed. Comparing contents costs more. */
  private intern(text: string): u32 {
    const key = changetype<usize>(text);
    if (this.texts.has(key)) return this.texts.get(key);
    const address = DATA_ADDRESS + <u32>this.data.putText(text);
    this.texts.set(key, address);
    return address;
  }
}
