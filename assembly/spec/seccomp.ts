import { NONE } from '../json/document';
import { ObjectReader } from './reader';
import { List, Located, Value } from './value';

export class SyscallArgument extends Located {
  index: Value<u64> | null = null;
  value: Value<u64> | null = null;
  valueTwo: Value<u64> | null = null;
  op: Value<string> | null = null;
}

export class SyscallRule extends Located {
  names: List<Value<string>> | null = null;
  action: Value<string> | null = null;
  errnoRet: Value<u64> | null = null;
  args: List<SyscallArgument> | null = null;
}

/** runtime-spec config-linux.md#seccomp */
export class Seccomp extends Located {
  defaultAction: Value<string> | null = null;
  defaultErrnoRet: Value<u64> | null = null;
  architectures: List<Value<string>> | null = null;
  flags: List<Value<string>> | null = null;
  listenerPath: Value<string> | null = null;
  listenerMetadata: Value<string> | null = null;
  syscalls: List<SyscallRule> | null = null;
}

export const ACTIONS: string[] = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
];

export const ARCHITECTURES: string[] = [
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X86_64',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_LOONGARCH64',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_RISCV64',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_S390X',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
];

export const FLAGS: string[] = [
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
];

export const OPERATORS: string[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];

export function readSeccomp(at: ObjectReader): Seccomp {
  const seccomp = new Seccomp();
  seccomp.node = at.node;
  seccomp.defaultAction = at.requiredChoice('defaultAction', ACTIONS);
  seccomp.defaultErrnoRet = at.unsigned('defaultErrnoRet', u32.MAX_VALUE);
  seccomp.architectures = at.choices('architectures', ARCHITECTURES);
  seccomp.flags = at.choices('flags', FLAGS);
  seccomp.listenerPath = at.string('listenerPath');
  seccomp.listenerMetadata = at.string('listenerMetadata');
  seccomp.syscalls = readRules(at);
  at.finish();
  return seccomp;
}

function readRules(parent: ObjectReader): List<SyscallRule> | null {
  const array = parent.array('syscalls');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<SyscallRule>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const rule = new SyscallRule();
    rule.node = item;
    rule.names = at.requiredStrings('names');
    rule.action = at.requiredChoice('action', ACTIONS);
    rule.errnoRet = at.unsigned('errnoRet', u32.MAX_VALUE);
    rule.args = readArguments(at);
    at.finish();
    list.items.push(rule);
  }
  return list;
}

function readArguments(parent: ObjectReader): List<SyscallArgument> | null {
  const array = parent.array('args');
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<SyscallArgument>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const argument = new SyscallArgument();
    argument.node = item;
    argument.index = at.requiredUnsigned('index', u32.MAX_VALUE);
    argument.value = at.requiredUnsigned('value', u64.MAX_VALUE);
    argument.valueTwo = at.unsigned('valueTwo');
    argument.op = at.requiredChoice('op', OPERATORS);
    at.finish();
    list.items.push(argument);
  }
  return list;
}
