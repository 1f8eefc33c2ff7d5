import { actionName } from './actions';
import { Architecture, architectures } from './architectures';
import {
  BPF_ALU_AND_K,
  BPF_JMP_JA,
  BPF_JMP_JEQ_K,
  BPF_JMP_JGE_K,
  BPF_LD_W_ABS,
  BPF_RET_K,
  codeOf,
  constantOf,
  falseOf,
  trueOf,
} from './classic';
import { syscallName } from './syscalls';

/** struct seccomp_data, include/uapi/linux/seccomp.h */
const NUMBER_OFFSET: u32 = 0;
const ARCH_OFFSET: u32 = 4;
const ARGUMENTS_OFFSET: u32 = 16;

/** What is known where an instruction begins: all ways lead forward, and those that meet know the same. */
class Place {
  constructor(
    /** Of struct seccomp_data, what A has. */
    public loaded: u32,
    public architecture: Architecture | null,
  ) {}
}

/**
 * A filter as people read it, a line an instruction; jumps name lines, or what is returned there:
 *
 *    12  if A >= 59 (execve) → ERRNO(1), else 13
 */
export function disassemble(program: u64[]): string[] {
  const lines: string[] = [];
  const places = new Array<Place | null>(program.length).fill(null);
  places[0] = new Place(ARCH_OFFSET, null);
  for (let index = 0; index < program.length; index++) {
    const instruction = program[index];
    const known = places[index];
    const here = known ? known : new Place(ARCH_OFFSET, null);
    const code = codeOf(instruction);
    const constant = constantOf(instruction);
    const after = new Place(code == BPF_LD_W_ABS ? constant : here.loaded, here.architecture);
    let taken = after;
    if (code == BPF_JMP_JEQ_K && here.loaded == ARCH_OFFSET) taken = new Place(ARCH_OFFSET, withAudit(constant));
    if (code == BPF_JMP_JA) places[index + 1 + <i32>constant] = after;
    else if (code != BPF_RET_K) {
      places[index + 1 + falseOf(instruction)] = after;
      places[index + 1 + trueOf(instruction)] = taken;
    }
    lines.push(`${index.toString().padStart(4)}  ${render(program, index, taken)}`);
  }
  return lines;
}

function render(program: u64[], index: i32, place: Place): string {
  const instruction = program[index];
  const constant = constantOf(instruction);
  const architecture = place.architecture;
  const next = index + 1;
  switch (codeOf(instruction)) {
    case BPF_LD_W_ABS:
      return `A = ${fieldName(constant, architecture)}`;
    case BPF_ALU_AND_K:
      return `A &= 0x${constant.toString(16)}`;
    case BPF_JMP_JA:
      return `→ ${targetText(program, next + <i32>constant)}`;
    case BPF_RET_K:
      return `return ${actionName(constant)}`;
    default: {
      const code = codeOf(instruction);
      const sign = code == BPF_JMP_JEQ_K ? '==' : code == BPF_JMP_JGE_K ? '>=' : '>';
      const value = valueText(constant, place.loaded, architecture);
      const yes = targetText(program, next + trueOf(instruction));
      return `if A ${sign} ${value} → ${yes}, else ${targetText(program, next + falseOf(instruction))}`;
    }
  }
}

function targetText(program: u64[], index: i32): string {
  const instruction = program[index];
  return codeOf(instruction) == BPF_RET_K ? actionName(constantOf(instruction)) : index.toString();
}

function fieldName(offset: u32, architecture: Architecture | null): string {
  if (offset == NUMBER_OFFSET) return 'number';
  if (offset == ARCH_OFFSET) return 'architecture';
  const argument = (offset - ARGUMENTS_OFFSET) / 8;
  const isHigh = architecture != null && architecture.offsetOf(argument, true) == offset;
  return `argument ${argument}${isHigh ? ', upper half' : ''}`;
}

function valueText(constant: u32, loaded: u32, architecture: Architecture | null): string {
  if (loaded == ARCH_OFFSET) return architecture ? architecture.name : `0x${constant.toString(16)}`;
  if (loaded != NUMBER_OFFSET) return `0x${constant.toString(16)}`;
  const name = architecture ? nameOf(architecture, constant) : '';
  return name == '' ? `0x${constant.toString(16)}` : `${constant} (${name})`;
}

function withAudit(audit: u32): Architecture | null {
  const known = architectures();
  for (let index = 0; index < known.length; index++) {
    if (known[index].audit == audit && !known[index].isX32) return known[index];
  }
  return null;
}

function nameOf(architecture: Architecture, number: u32): string {
  const calls = architecture.calls();
  while (calls.next()) if (<u32>(architecture.base + calls.number) == number) return syscallName(calls.id);
  return '';
}
