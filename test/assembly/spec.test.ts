import { describe, expect, test } from 'vitest';
import { fixture, lint } from './module.ts';
import { type Located, splice, values } from './values.ts';

// fixtures/configs/everything.json has every field of runtime-spec 1.3.0 for Linux, so the schema is tested by breaking
// each of its values in turn.
const everything = fixture('everything');
/** Blocks of other platforms: their keys are known, what is in them is not read. */
const isForeign = ({ pointer }: Located) => /^\/(windows|vm|solaris|zos|freebsd)(\/|$)/.test(pointer);
const all = values(everything).filter((value) => !isForeign(value));
const one = (pointer: string) => all.find((value) => value.pointer === pointer) as Located;
const replace = (pointer: string, replacement: string) =>
  lint(splice(everything, one(pointer).start, one(pointer).end, replacement));

/** Objects whose keys are the user's. */
const FREE = [
  '/annotations',
  '/linux/sysctl',
  '/linux/timeOffsets',
  '/linux/netDevices',
  '/linux/resources/rdma',
  '/linux/resources/unified',
];

/** What the schema requires, and the text does not take back (pids.limit). */
const REQUIRED = [
  /^\/ociVersion$/,
  /^\/root\/path$/,
  /^\/mounts\/\d+\/destination$/,
  /Mappings\/\d+\/(containerID|hostID|size)$/,
  /^\/process\/cwd$/,
  /^\/process\/consoleSize\/(height|width)$/,
  /^\/process\/rlimits\/\d+\/(type|soft|hard)$/,
  /^\/process\/ioPriority\/class$/,
  /^\/process\/scheduler\/policy$/,
  /^\/hooks\/\w+\/\d+\/path$/,
  /^\/linux\/namespaces\/\d+\/type$/,
  /^\/linux\/devices\/\d+\/(type|path)$/,
  /^\/linux\/resources\/devices\/\d+\/allow$/,
  /^\/linux\/resources\/blockIO\/\w+\/\d+\/(major|minor)$/,
  /^\/linux\/resources\/hugepageLimits\/\d+\/(pageSize|limit)$/,
  /^\/linux\/resources\/network\/priorities\/\d+\/(name|priority)$/,
  /^\/linux\/seccomp\/defaultAction$/,
  /^\/linux\/seccomp\/syscalls\/\d+\/(names|action)$/,
  /^\/linux\/seccomp\/syscalls\/\d+\/args\/\d+\/(index|value|op)$/,
];

const isItem = ({ parent }: Located) => all.find(({ pointer }) => pointer === parent)?.kind === 'array';
const isFree = ({ parent }: Located) => FREE.includes(parent);

describe('a value of another type is one error at its place', () => {
  const others: Record<Located['kind'], string[]> = {
    string: ['42', 'true', '["text"]', '{}'],
    number: ['"42"', 'false', '1.5', '1e3', '1.0', '[1]'],
    boolean: ['"true"', '1', '{}'],
    array: ['{}', '"text"', '7'],
    object: ['[]', '"text"', '7'],
    null: [],
  };
  test.each(all.map((value) => [value.pointer, value] as const))('%s', (pointer, value) => {
    for (const other of others[value.kind]) {
      const findings = replace(pointer, other);
      expect(findings, other).toHaveLength(1);
      expect(findings[0]).toMatchObject({ rule: 'OCI004', severity: 'error', path: pointer, line: value.line });
      const column = value.start - everything.lastIndexOf('\n', value.start - 1);
      expect(findings[0]).toMatchObject({ column, endLine: value.line, endColumn: column + other.length });
    }
  });
});

test('every object tells of a key that it does not have', () => {
  const objects = all.filter(({ kind, pointer }) => kind === 'object' && !FREE.includes(pointer));
  expect(objects.length).toBeGreaterThan(60);
  for (const { pointer, start, end } of objects) {
    const comma = everything.slice(start, end) === '{}' ? '' : ',';
    const findings = lint(splice(everything, start + 1, start + 1, `"zzz": null${comma}`));
    expect(findings, pointer).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: 'OCI003', severity: 'warning', path: `${pointer}/zzz` });
  }
});

test('null is an absent field, and an absent field is an error where the schema requires it', () => {
  for (const value of all) {
    if (value.pointer === '' || isItem(value) || isFree(value)) continue;
    const findings = replace(value.pointer, 'null').map(({ rule, path, message }) => [rule, path, message]);
    const key = value.pointer.slice(value.parent.length + 1);
    const isRequired = REQUIRED.some((pattern) => pattern.test(value.pointer));
    const missing = [['OCI015', value.parent, `"${key}" is missing here`]];
    expect(findings, value.pointer).toEqual(isRequired ? missing : []);
  }
});

test('null is no item and no value of a map', () => {
  for (const value of all) {
    if (!isItem(value) && !isFree(value)) continue;
    expect(replace(value.pointer, 'null'), value.pointer).toMatchObject([{ rule: 'OCI004', path: value.pointer }]);
  }
});

describe('numbers have the width that the spec gives them', () => {
  const I32 = ['-2147483648', '2147483647'];
  const I64 = ['-9223372036854775808', '9223372036854775807'];
  const U16 = ['0', '65535'];
  const U32 = ['0', '4294967295'];
  /** The greatest number is -1 to the kernel: no id, but "as it is". */
  const ID = ['0', '4294967294'];
  const U64 = ['0', '18446744073709551615'];
  test.each([
    ['/process/oomScoreAdj', ...I32],
    ['/process/scheduler/nice', ...I32],
    ['/process/ioPriority/priority', ...I32],
    ['/process/consoleSize/width', ...U16],
    ['/process/user/uid', ...ID],
    ['/process/user/additionalGids/0', ...ID],
    ['/linux/devices/0/gid', ...ID],
    ['/process/rlimits/0/soft', ...U64],
    ['/hooks/poststart/0/timeout', '1', '9223372036854775807'],
    ['/linux/timeOffsets/boottime/secs', ...I64],
    ['/linux/timeOffsets/boottime/nanosecs', ...U32],
    ['/linux/devices/0/major', '0', '4095'],
    ['/linux/devices/0/minor', '0', '1048575'],
    ['/linux/resources/memory/limit', ...I64],
    ['/linux/resources/memory/swappiness', ...U64],
    ['/linux/resources/cpu/quota', ...I64],
    ['/linux/resources/pids/limit', ...I64],
    ['/linux/resources/blockIO/weight', ...U16],
    ['/linux/resources/network/classID', ...U32],
    ['/linux/seccomp/syscalls/1/args/0/value', ...U64],
  ])('%s from %s to %s', (pointer, least, most) => {
    expect(replace(pointer, least)).toEqual([]);
    expect(replace(pointer, most)).toEqual([]);
    for (const beyond of [BigInt(least) - 1n, BigInt(most) + 1n, 10n ** 40n, -(10n ** 40n), 2n ** 64n + 5n]) {
      const shown = String(beyond).length > 40 ? `${String(beyond).slice(0, 36)}…` : String(beyond);
      expect(replace(pointer, String(beyond))).toMatchObject([
        {
          rule: 'OCI004',
          path: pointer,
          message: `${shown} is out of range`,
          help: `it goes from ${least} to ${most}`,
        },
      ]);
    }
  });
});

describe('words are those of the spec', () => {
  test.each([
    ['/linux/namespaces/0/type', 'proc', 'pid, network, mount, ipc, uts, user, cgroup, time'],
    ['/linux/namespaces/1/type', 'netwrok', 'did you mean "network"?'],
    ['/linux/devices/0/type', 'x', 'did you mean'],
    ['/linux/rootfsPropagation', 'slaev', 'did you mean "slave"?'],
    ['/linux/personality/domain', 'linux', 'did you mean "LINUX"?'],
    ['/linux/memoryPolicy/mode', 'BIND', 'it is one of MPOL_DEFAULT, '],
    ['/linux/memoryPolicy/flags/0', 'x', 'it is one of '],
    ['/linux/seccomp/defaultAction', 'SCMP_ACT_ALOW', 'did you mean "SCMP_ACT_ALLOW"?'],
    ['/linux/seccomp/architectures/0', 'amd64', 'it is one of SCMP_ARCH_X86, '],
    ['/linux/seccomp/flags/0', 'LOG', 'it is one of '],
    ['/linux/seccomp/syscalls/0/action', 'ALLOW', 'it is one of '],
    ['/linux/seccomp/syscalls/1/args/0/op', 'EQ', 'it is one of '],
    ['/process/scheduler/policy', 'SCHED_NORMAL', 'it is one of SCHED_OTHER, '],
    ['/process/scheduler/flags/0', 'x', 'it is one of '],
    ['/process/ioPriority/class', 'IOPRIO_CLASS_BEE', 'did you mean "IOPRIO_CLASS_BE"?'],
  ])('%s is not %s', (pointer, word, help) => {
    const findings = replace(pointer, JSON.stringify(word));
    expect(findings).toMatchObject([{ rule: 'OCI004', path: pointer }]);
    expect(findings[0]?.message).toBe(`"${word}" is not a value of the spec here`);
    expect(findings[0]?.help).toContain(help);
  });
});

describe('an unknown key names the one that was meant', () => {
  test.each([
    ['/process', 'noNewPrivilege', 'noNewPrivileges'],
    ['/process', 'Env', 'env'],
    ['/process/user', 'UID', 'uid'],
    ['/linux', 'cgroupPath', 'cgroupsPath'],
    ['', 'hostnam', 'hostname'],
    ['/process', 'xyzzy', undefined],
    ['/process/user', 'x', undefined],
  ])('%s/%s', (object, key, meant) => {
    const { start } = one(object);
    const [finding] = lint(splice(everything, start + 1, start + 1, `"${key}": null,`));
    const help = meant
      ? `did you mean "${meant}"?`
      : 'runtimes ignore it: remove it, or look for its place in the spec';
    expect(finding).toMatchObject({ rule: 'OCI003', message: `"${key}" is not a key of the spec here`, help });
  });
});

test('findings come in the order of the document', () => {
  const findings = lint('{"linux":{"zzz":1},"process":{"args":3,"cwd":4},"root":[],"hostname":5}');
  expect(findings.map(({ path }) => path)).toEqual([
    '',
    '/linux/zzz',
    '/process/args',
    '/process/cwd',
    '/root',
    '/hostname',
  ]);
});

test('a document that is no object', () => {
  for (const text of ['[]', 'null', '"x"', '3']) {
    expect(lint(text)).toMatchObject([{ rule: 'OCI004', path: '', message: expect.stringContaining('an object') }]);
  }
});
