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

/**
 * A filter as people read it, a line an instruction; jumps name lines:
 *
 *    12  if number >= 59 (execve) → 20, else 13
 */
export function disassemble(program: u64[]): string[] {
  const lines: string[] = [];
  let loaded: u32 = ARCH_OFFSET;
  let architecture: Architecture | null = null;
  for (let index = 0; index < program.length; index++) {
    const instruction = program[index];
    const code = codeOf(instruction);
    const constant = constantOf(instruction);
    if (code == BPF_LD_W_ABS) loaded = constant;
    if (code == BPF_JMP_JEQ_K && loaded == ARCH_OFFSET) architecture = withAudit(constant);
    lines.push(`${index.toString().padStart(4)}  ${render(instruction, index, loaded, architecture)}`);
    // What follows a search are the alternatives of calls, which load what they ask for.
    if (code == BPF_RET_K && loaded >= ARGUMENTS_OFFSET) loaded = ARCH_OFFSET;
  }
  return lines;
}

function render(instruction: u64, index: i32, loaded: u32, architecture: Architecture | null): string {
  const constant = constantOf(instruction);
  const next = index + 1;
  switch (codeOf(instruction)) {
    case BPF_LD_W_ABS:
      return `A = ${fieldName(constant, architecture)}`;
    case BPF_ALU_AND_K:
      return `A &= 0x${constant.toString(16)}`;
    case BPF_JMP_JA:
      return `→ ${next + <i32>constant}`;
    case BPF_RET_K:
      return `return ${actionName(constant)}`;
    default: {
      const code = codeOf(instruction);
      const sign = code == BPF_JMP_JEQ_K ? '==' : code == BPF_JMP_JGE_K ? '>=' : '>';
      const value = valueText(constant, loaded, architecture);
      return `if A ${sign} ${value} → ${next + trueOf(instruction)}, else ${next + falseOf(instruction)}`;
    }
  }
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
