import { describe, expect, test } from 'vitest';
import { SPEC } from '../../src/editor/fields/index.ts';
import { completed, completionsAt } from './editing.ts';

const labels = (marked: string): string[] => completionsAt(marked).map(({ label }) => label);
const snippet = (marked: string, label: string): string | undefined =>
  completionsAt(marked)
    .find((one) => one.label === label)
    ?.insertion.snippet.replaceAll('$', '%');

const TOP = Object.keys(SPEC)
  .filter((pattern) => /^\/\w+$/.test(pattern))
  .map((pattern) => pattern.slice(1));

describe('keys', () => {
  test.each([['{|}'], ['{ "|" }'], ['{ "|'], ['{\n  "|\n  "foo": 1\n}'], ['{\n  |']])(
    'of the document in %j',
    (marked) => expect(labels(marked)).toEqual(TOP),
  );

  test('that are there already are left out', () => {
    expect(labels('{"ociVersion": "1.3.0", |, "root": {}}')).toEqual(
      TOP.filter((key) => !/^(ociVersion|root)$/.test(key)),
    );
    expect(labels('{"root": {"path": "x", "|"}}')).toEqual(['readonly']);
    expect(labels('{"root": {"pa|th": "x"}}')).toEqual(['path', 'readonly']);
  });

  test.each([
    ['{"process": {"user": {|}}}', ['uid', 'gid', 'umask', 'additionalGids', 'username']],
    [
      '{"mounts": [{"destination": "/a"}, {|}]}',
      ['destination', 'source', 'type', 'options', 'uidMappings', 'gidMappings'],
    ],
    ['{"linux": {"seccomp": {"syscalls": [{"args": [{"index": 0, |', ['value', 'valueTwo', 'op']],
    ['{"linux": {"timeOffsets": {"monotonic": {|}}}}', ['secs', 'nanosecs']],
    ['{"linux": {"timeOffsets": {|}}}', ['monotonic', 'boottime']],
    ['{"linux": {"netDevices": {"eth0": {|}}}}', ['name']],
    ['{"zzz": {|}}', []],
    ['{"annotations": {"a": {|}}}', []],
    ['{"hostname": "a"|}', []],
    ['{} |', []],
  ])('%s', (marked, expected) => expect(labels(marked)).toEqual(expected));

  test('of maps are those that are usual', () => {
    expect(labels('{"linux": {"sysctl": {"|"}}}')).toContain('net.core.somaxconn');
    expect(labels('{"linux": {"resources": {"unified": {"memory.max": "1", "|"}}}}')).toContain('memory.high');
    expect(labels('{"linux": {"resources": {"unified": {"memory.max": "1", "|"}}}}')).not.toContain('memory.max');
  });

  test('bring a value of their type', () => {
    expect(completed('{|}', 'hostname')).toBe('{"hostname": ""}');
    expect(completed('{|}', 'mounts')).toBe('{"mounts": [\n\t{\n\t\t"destination": ""\n\t}\n]}');
    expect(completed('{|}', 'root')).toBe('{"root": {\n\t"path": "rootfs"\n}}');
    expect(completed('{"process": {|}}', 'terminal')).toBe('{"process": {"terminal": false}}');
    expect(completed('{"process": {|}}', 'noNewPrivileges')).toBe('{"process": {"noNewPrivileges": true}}');
    expect(completed('{"process": {|}}', 'args')).toBe('{"process": {"args": [""]}}');
    expect(completed('{"linux": {|}}', 'sysctl')).toBe('{"linux": {"sysctl": {}}}');
  });

  test('every key, with its value, is JSON', () => {
    for (const pattern of Object.keys(SPEC)) {
      const steps = pattern.slice(1).split('/');
      const key = steps.pop() as string;
      expect(() => JSON.parse(completed(nested(steps), key)), pattern).not.toThrow();
    }
  });

  test('have stops for the tab key', () => {
    expect(snippet('{|}', 'hostname')).toBe('"hostname": "%1"');
    expect(snippet('{"process": {|}}', 'terminal')).toBe('"terminal": %{1|false,true|}');
    expect(snippet('{"process": {|}}', 'oomScoreAdj')).toBe('"oomScoreAdj": %{1:0}');
    expect(snippet('{"linux": {"namespaces": [{|}]}}', 'type')).toBe(
      '"type": "%{1|pid,network,mount,ipc,uts,user,cgroup,time|}"',
    );
    expect(snippet('{"process": {|}}', 'consoleSize')).toBe(
      '"consoleSize": {\n\t"height": %{1:25},\n\t"width": %{2:80}\n\\}',
    );
  });

  test('leave a value that is there', () => {
    expect(completed('{"roo|": {"path": "a"}}', 'root')).toBe('{"root": {"path": "a"}}');
    expect(completed('{\n  hos|\n}', 'hostname')).toBe('{\n  "hostname": ""\n}');
  });

  test('set the commas that are missing', () => {
    expect(completed('{\n  "a": 1\n  "|"\n}', 'hostname')).toBe('{\n  "a": 1,\n  "hostname": ""\n}');
    expect(completed('{\n  "|"\n  "a": 1\n}', 'hostname')).toBe('{\n  "hostname": "",\n  "a": 1\n}');
    expect(completed('{"a": 1, |}', 'hostname')).toBe('{"a": 1, "hostname": ""}');
    expect(completed('{|, "a": 1}', 'hostname')).toBe('{"hostname": "", "a": 1}');
  });
});

/** An object at the end of these steps, open for a key. */
function nested(steps: string[]): string {
  let text = '{|}';
  for (let index = steps.length - 1; index >= 0; index--) {
    if (steps[index] !== '*') text = `{"${steps[index]}": ${text}}`;
    else text = isList(steps.slice(0, index)) ? `[${text}]` : `{"k": ${text}}`;
  }
  return text;
}

function isList(steps: string[]): boolean {
  return SPEC[`/${steps.join('/')}`]?.type.endsWith('[]') === true;
}

describe('values', () => {
  test.each([
    ['{"linux": {"namespaces": [{"type": "|"}]}}', 'network'],
    ['{"linux": {"namespaces": [{"type": |}]}}', 'network'],
    ['{"linux": {"namespaces": [{"type":\n  |', 'network'],
    ['{"linux": {"namespaces": [{"type": "net|', 'network'],
    ['{"linux": {"rootfsPropagation": "|"}}', 'rslave'],
    ['{"linux": {"seccomp": {"defaultAction": "|"}}}', 'SCMP_ACT_ERRNO'],
    ['{"linux": {"seccomp": {"architectures": ["|"]}}}', 'SCMP_ARCH_AARCH64'],
    ['{"linux": {"seccomp": {"flags": [|]}}}', 'SECCOMP_FILTER_FLAG_LOG'],
    ['{"linux": {"seccomp": {"syscalls": [{"names": ["|"]}]}}}', 'openat2'],
    ['{"linux": {"seccomp": {"syscalls": [{"names": ["read", |', 'write'],
    ['{"linux": {"seccomp": {"syscalls": [{"args": [{"op": "|"}]}]}}}', 'SCMP_CMP_MASKED_EQ'],
    ['{"linux": {"resources": {"devices": [{"access": "|"}]}}}', 'rwm'],
    ['{"linux": {"resources": {"devices": [{"allow": |}]}}}', 'true'],
    ['{"linux": {"devices": [{"type": "|"}]}}', 'c'],
    ['{"linux": {"devices": [{"fileMode": |}]}}', '438'],
    ['{"linux": {"memoryPolicy": {"mode": "|"}}}', 'MPOL_BIND'],
    ['{"linux": {"maskedPaths": ["|"]}}', '/proc/kcore'],
    ['{"process": {"capabilities": {"bounding": ["|"]}}}', 'CAP_KILL'],
    ['{"process": {"rlimits": [{"type": "|"}]}}', 'RLIMIT_NOFILE'],
    ['{"process": {"scheduler": {"policy": "|"}}}', 'SCHED_FIFO'],
    ['{"process": {"ioPriority": {"class": |}}}', 'IOPRIO_CLASS_IDLE'],
    ['{"process": {"terminal": |}}', 'true'],
    ['{"process": {"noNewPrivileges": tr|}}', 'true'],
    ['{"mounts": [{"type": "|"}]}', 'tmpfs'],
    ['{"mounts": [{"options": ["|"]}]}', 'nosuid'],
    ['{"ociVersion": "|"}', '1.3.0'],
    ['{"hostname": |}', '""'],
    ['{"process": {"user": |}}', '{}'],
  ])('%s has %s', (marked, label) => {
    expect(labels(marked)).toContain(label);
    expect(labels(marked)).not.toContain('');
  });

  test.each([
    '{"hostname": "|"}',
    '{"process": {"args": ["|"]}}',
    '{"zzz": |}',
    '{"annotations": {"a": "|"}}',
    '{"process": {"terminal": true|, "a": 1}}'.replace('true|, ', 'true, |'),
  ])('%s has no words', (marked) => expect(completionsAt(marked).filter(({ kind }) => kind === 'value')).toEqual([]));

  test('of a list are each offered once', () => {
    expect(labels('{"mounts": [{"options": ["nosuid", "|", "nodev"]}]}')).not.toContain('nosuid');
    expect(labels('{"mounts": [{"options": ["nosuid", "|", "nodev"]}]}')).toContain('noexec');
    expect(labels('{"mounts": [{"options": ["no|suid", "nodev"]}]}')).toContain('nosuid');
  });

  test('of a filesystem are offered for its type', () => {
    expect(labels('{"mounts": [{"type": "tmpfs", "options": ["|"]}]}')).toContain('size=64m');
    expect(labels('{"mounts": [{"options": [|], "type": "tmpfs"}]}')).toContain('size=64m');
    expect(labels('{"mounts": [{"type": "proc", "options": ["|"]}]}')).not.toContain('size=64m');
    expect(labels('{"mounts": [{"type": "constructor", "options": ["|"]}]}')).toContain('ro');
  });

  test('replace the whole word', () => {
    expect(completed('{"mounts": [{"options": ["no|"]}]}', 'nodev')).toBe('{"mounts": [{"options": ["nodev"]}]}');
    expect(completed('{"mounts": [{"options": ["no|\n]}]}', 'nodev')).toBe('{"mounts": [{"options": ["nodev"\n]}]}');
    expect(completed('{"mounts": [{"options": ["ro" |]}]}', 'nodev')).toBe(
      '{"mounts": [{"options": ["ro", "nodev"]}]}',
    );
    expect(completed('{"mounts": [{"options": ["ro", | "rbind"]}]}', 'nodev')).toBe(
      '{"mounts": [{"options": ["ro", "nodev", "rbind"]}]}',
    );
    expect(completed('{"process": {"terminal": |\n"args": []}}', 'true')).toBe(
      '{"process": {"terminal": true,\n"args": []}}',
    );
  });

  test('of a list of objects are objects', () => {
    expect(labels('{"process": {"rlimits": [|]}}')).toEqual(['{ type, soft, hard }']);
    expect(completed('{"linux": {"uidMappings": [|]}}', '{ containerID, hostID, size }')).toContain(
      '{\n\t"containerID": 0,\n\t"hostID": 100000,\n\t"size": 65536\n}',
    );
  });

  test('of an empty document are a beginning', () => {
    expect(completed('|', '{ }')).toBe('{\n\t"ociVersion": "1.3.0"\n}');
    expect(completed('\n\n|', '{ }')).toBe('\n\n{\n\t"ociVersion": "1.3.0"\n}');
  });
});

test('what is offered is explained', () => {
  const [first] = completionsAt('{"process": {"|"}}');
  expect(first).toMatchObject({ label: 'terminal', detail: 'boolean', reference: 'config.md#process' });
  expect(first?.about).toContain('terminal');
  for (const { about } of completionsAt('{"process": {"capabilities": {"bounding": ["|"]}}}'))
    expect(about).not.toBe('');
  expect(completionsAt('{"hooks": {|}}').find(({ label }) => label === 'prestart')).toMatchObject({
    isDeprecated: true,
  });
});
