// Runs eBPF as <linux/bpf.h> and Documentation/bpf/standardization/instruction-set.rst define it, as far as device
// filters go. Whatever else comes along is an error, as are jumps to nowhere and registers that nobody has written.

export interface DeviceRequest {
  type: 'b' | 'c';
  major: number;
  minor: number;
  /** Letters of rwm. */
  access: string;
}

const TYPES = { b: 1, c: 2 };
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const CONTEXT = -1;

/** What a program of BPF_PROG_TYPE_CGROUP_DEVICE answers. */
export function mayUse(program: Uint8Array, { type, major, minor, access }: DeviceRequest): boolean {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const bits = [...access].reduce((all, letter) => all | (ACCESS[letter] as number), 0);
  const context = [((bits << 16) | TYPES[type]) >>> 0, major, minor];
  const registers: (number | undefined)[] = [undefined, CONTEXT];
  const read = (register: number): number => {
    const value = registers[register];
    if (value === undefined) throw new Error(`R${register} is read before it is written`);
    return value;
  };
  for (let at = 0, count = 0; ; at++) {
    if (at < 0 || at * 8 >= program.length) throw new Error(`a jump to ${at}`);
    if (++count > program.length) throw new Error('an endless loop');
    const code = view.getUint8(at * 8);
    const destination = view.getUint8(at * 8 + 1) & 0xf;
    const source = view.getUint8(at * 8 + 1) >> 4;
    const offset = view.getInt16(at * 8 + 2, true);
    const immediate = view.getInt32(at * 8 + 4, true);
    switch (code) {
      case 0x61: // LDX MEM W
        if (read(source) !== CONTEXT || offset % 4 !== 0 || context[offset / 4] === undefined)
          throw new Error(`a load from R${source} + ${offset}`);
        registers[destination] = context[offset / 4];
        break;
      case 0xb4: // ALU MOV K
        registers[destination] = immediate >>> 0;
        break;
      case 0xbc: // ALU MOV X
        registers[destination] = read(source) >>> 0;
        break;
      case 0x54: // ALU AND K
        registers[destination] = (read(destination) & immediate) >>> 0;
        break;
      case 0x74: // ALU RSH K
        registers[destination] = read(destination) >>> immediate;
        break;
      case 0x16: // JMP32 JEQ K
        if (read(destination) === immediate >>> 0) at += offset;
        break;
      case 0x56: // JMP32 JNE K
        if (read(destination) !== immediate >>> 0) at += offset;
        break;
      case 0x95: // EXIT
        if (read(0) > 1) throw new Error(`the answer ${registers[0]}`);
        return registers[0] === 1;
      default:
        throw new Error(`opcode 0x${code.toString(16)}`);
    }
  }
}
