import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/spec/types.ts';
import { configWith, documentOf, findingsOf, planOf } from './orlop-filter.ts';

const ALLOWED = { names: ['execve', 'read', 'write', 'capset'], action: 'SCMP_ACT_ALLOW' };

/** A profile of one rule, in a config that says when the filter is loaded. */
function withRule(rule: object, more: object = {}, process: object = {}): object {
  return configWith({ defaultAction: 'SCMP_ACT_ERRNO', ...more, syscalls: [ALLOWED, rule] }, process);
}

describe('a mistake in a profile has its place', () => {
  const arg = (more: object): object => ({ index: 0, value: 1, op: 'SCMP_CMP_EQ', ...more });
  const rule = (more: object): object => ({ names: ['dup'], action: 'SCMP_ACT_ALLOW', ...more });
  const listener = { listenerPath: '/run/agent.sock' };

  test.each<[string, string, object, string]>([
    ['OCI004', '/action', withRule(rule({ action: 'SCMP_ACT_ALOW' })), 'SCMP_ACT_ALLOW'],
    ['OCI004', '/args/0/op', withRule(rule({ args: [arg({ op: 'SCMP_CMP_EQUAL' })] })), 'SCMP_CMP_'],
    ['OCI501', '/errnoRet', withRule(rule({ errnoRet: 1 })), 'SCMP_ACT_ERRNO'],
    ['OCI501', '/errnoRet', withRule(rule({ action: 'SCMP_ACT_ERRNO', errnoRet: 4096 })), '4095'],
    ['OCI501', '/errnoRet', withRule(rule({ action: 'SCMP_ACT_TRACE', errnoRet: 65536 })), '65535'],
    ['OCI506', '/args/0/index', withRule(rule({ args: [arg({ index: 6 })] })), 'from 0 to 5'],
    ['OCI504', '/names/0', withRule(rule({ names: ['write'], action: 'SCMP_ACT_NOTIFY' }), listener), 'read and close'],
  ])('%s at %s', (id, place, config, hint) => {
    const found = findingsOf(config).filter(({ severity }) => severity === 'error');
    expect(found[0]).toMatchObject({ rule: id, path: `/linux/seccomp/syscalls/1${place}` });
    expect(found[0]?.line).toBeGreaterThan(20);
    expect(found[0]?.help).toContain(hint);
  });

  test.each<[string, string, object]>([
    ['OCI004', '/architectures/0', { architectures: ['SCMP_ARCH_AMD64'] }],
    ['OCI004', '/flags/0', { flags: ['SECCOMP_FILTER_FLAG_LOGS'] }],
    ['OCI004', '/defaultAction', { defaultAction: 'SCMP_ACT_DENY' }],
    ['OCI501', '/defaultErrnoRet', { defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }],
    ['OCI502', '/listenerMetadata', { listenerMetadata: 'for nobody' }],
    ['OCI504', '/defaultAction', { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: '/run/agent.sock' }],
  ])('%s at %s', (id, place, more) => {
    const found = findingsOf(withRule({ names: ['dup'], action: 'SCMP_ACT_ALLOW' }, more));
    expect(found.find(({ severity }) => severity === 'error')).toMatchObject({
      rule: id,
      path: `/linux/seccomp${place}`,
    });
  });

  test('a rule that notifies needs somebody to notify', () => {
    const found = findingsOf(withRule({ names: ['dup'], action: 'SCMP_ACT_NOTIFY' }));
    expect(found).toMatchObject([{ rule: 'OCI503', path: '/linux/seccomp' }]);
  });

  test('two rules for the same arguments with different actions; the other place is named', () => {
    const args = [{ index: 1, value: 7, op: 'SCMP_CMP_EQ' }];
    const rules = [ALLOWED, rule({ args }), rule({ args, action: 'SCMP_ACT_TRAP' })];
    const found = findingsOf(configWith({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: rules }));
    expect(found[0]).toMatchObject({ rule: 'OCI512', path: '/linux/seccomp/syscalls/2/names/0' });
    expect(found[0]?.message).toMatch(/"dup" .* at \/linux\/seccomp\/syscalls\/1\/names\/0, line \d+/);
  });

  test('a filter that no kernel takes', () => {
    const many = Array.from({ length: 3000 }, (_, value) => ({
      names: ['dup'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
    }));
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [ALLOWED, ...many] };
    expect(findingsOf(configWith(profile))).toEqual([]);
    const found = findingsOf(configWith({ ...profile, architectures: ['SCMP_ARCH_X86'] }));
    expect(found).toMatchObject([{ rule: 'OCI513', path: '/linux/seccomp' }]);
    expect(found[0]?.message).toContain('4096');
  });
});

describe('what is only a warning', () => {
  test.each([
    ['mkdri', 'did you mean "mkdir"?'],
    ['no_such_call', 'remove it'],
    ['', 'remove it'],
  ])('a name that no architecture has: "%s"', (name, help) => {
    const found = findingsOf(withRule({ names: ['dup', name], action: 'SCMP_ACT_ALLOW' }));
    expect(found).toMatchObject([{ rule: 'OCI507', severity: 'warning', path: '/linux/seccomp/syscalls/1/names/1' }]);
    expect(found[0]?.help).toContain(help);
  });

  test('names of other architectures are none', () => {
    const names = ['socketcall', 's390_pci_mmio_read', 'arm_fadvise64_64', 'riscv_flush_icache', 'spu_run'];
    expect(findingsOf(withRule({ names, action: 'SCMP_ACT_ALLOW' }))).toEqual([]);
  });

  test('a second value that nothing is done with', () => {
    const arg = (valueTwo: number): object => ({ index: 0, value: 1, valueTwo, op: 'SCMP_CMP_EQ' });
    const found = findingsOf(withRule({ names: ['dup'], action: 'SCMP_ACT_ALLOW', args: [arg(2)] }));
    expect(found).toMatchObject([{ rule: 'OCI511', path: '/linux/seccomp/syscalls/1/args/0/valueTwo' }]);
    expect(findingsOf(withRule({ names: ['dup'], action: 'SCMP_ACT_ALLOW', args: [arg(0)] }))).toEqual([]);
  });
});

describe('a profile that forbids the launch itself', () => {
  const without = (name: string): object => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { ...ALLOWED, names: ALLOWED.names.filter((one) => one !== name) },
      { names: ['openat2'], action: 'SCMP_ACT_ALLOW' },
    ],
  });

  test.each(['execve', 'read', 'write', 'capset'])('%s, while the filter comes before the wait', (name) => {
    const found = findingsOf(configWith(without(name), { noNewPrivileges: false }));
    expect(found).toMatchObject([{ rule: 'OCI505', path: '/linux/seccomp' }]);
    expect(found[0]?.message).toContain(`ERRNO(1) for ${name}`);
    expect(found[0]?.help).toContain(name === 'execve' ? 'allow it' : 'noNewPrivileges');
  });

  test('with noNewPrivileges only execve is needed', () => {
    for (const name of ['read', 'write', 'capset']) expect(findingsOf(configWith(without(name)))).toEqual([]);
    expect(findingsOf(configWith(without('execve')))).toMatchObject([{ rule: 'OCI505' }]);
  });

  test('nothing has to be dropped of a process with CAP_SYS_ADMIN', () => {
    const all = ['CAP_SYS_ADMIN'];
    const capabilities = { bounding: all, effective: all, permitted: all };
    expect(findingsOf(configWith(without('capset'), { noNewPrivileges: false, capabilities }))).toEqual([]);
  });

  test('what depends on arguments may be', () => {
    const args = [{ index: 0, value: 0, op: 'SCMP_CMP_NE' }];
    const profile = { ...without('execve'), syscalls: [{ names: ['execve'], action: 'SCMP_ACT_ALLOW', args }] };
    expect(findingsOf(configWith(profile))).toEqual([]);
  });

  test('hooks and a first process of our own need more', () => {
    const hooks = { startContainer: [{ path: '/bin/true' }] };
    const reaper = { 'orlop.init': 'true' };
    for (const more of [{ hooks }, { annotations: reaper }]) {
      const found = findingsOf({ ...configWith(without('')), ...more });
      expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(['OCI505']));
      expect(found.map(({ message }) => message).join()).toContain('for clone,');
    }
  });
});

describe('the plan', () => {
  const verbs = (steps: Step[]): string[] => steps.map(({ verb }) => verb).filter((verb) => verb !== 'device-filter');
  const seccomp = (config: object): Step => planOf(config).steps.find(({ verb }) => verb === 'seccomp') as Step;
  const profile = { defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_X86'], syscalls: [ALLOWED] };

  test('loads the filter last of all with noNewPrivileges', () => {
    expect(verbs(planOf(configWith(profile)).steps).slice(-3)).toEqual(['ready', 'seccomp', 'execute']);
  });

  test('before the wait without, and keeps CAP_SYS_ADMIN until then', () => {
    const { steps } = planOf(configWith(profile, { noNewPrivileges: false }));
    expect(verbs(steps).slice(-4)).toEqual(['find', 'seccomp', 'ready', 'execute']);
    expect(steps.find(({ verb }) => verb === 'capabilities')).toMatchObject({ effective: '0', kept: '200000' });
    const { steps: others } = planOf(configWith(profile));
    expect(others.find(({ verb }) => verb === 'capabilities')).not.toHaveProperty('kept');
  });

  test('before the wait with a listener, whose agent is told while the container is made', () => {
    const notifying = {
      ...profile,
      listenerPath: '/run/agent.sock',
      listenerMetadata: 'what',
      syscalls: [ALLOWED, { names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
    };
    expect(verbs(planOf(configWith(notifying)).steps).slice(-3)).toEqual(['seccomp', 'ready', 'execute']);
    expect(seccomp(configWith(notifying))).toMatchObject({ listenerPath: '/run/agent.sock', listenerMetadata: 'what' });
  });

  test('says what the filter is, and where it comes from', () => {
    expect(seccomp(configWith(profile))).toMatchObject({
      text: 'seccomp filter, 4 rules, otherwise ERRNO(1)',
      path: '/linux/seccomp',
      defaultAction: 'ERRNO(1)',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      rules: 4,
    });
  });

  const call = (more: object): string => {
    const document = documentOf(configWith({ ...profile, ...more }));
    document.plan();
    document.image();
    return document.rows().find(({ text }) => text.startsWith('seccomp('))?.text as string;
  };

  test.each<[string, object, string]>([
    ['none are given', {}, 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'],
    ['the list is empty', { flags: [] }, '0'],
    [
      'some are given',
      { flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'] },
      'SECCOMP_FILTER_FLAG_TSYNC|SECCOMP_FILTER_FLAG_LOG',
    ],
    ['nobody is notified', { flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }, '0'],
    [
      'somebody is',
      {
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV', 'SECCOMP_FILTER_FLAG_TSYNC'],
        listenerPath: '/run/agent.sock',
        syscalls: [ALLOWED, { names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
      },
      ['TSYNC', 'NEW_LISTENER', 'TSYNC_ESRCH', 'WAIT_KILLABLE_RECV']
        .map((name) => `SECCOMP_FILTER_FLAG_${name}`)
        .join('|'),
    ],
  ])('flags where %s', (_name, more, flags) => {
    expect(call(more)).toMatch(/^seccomp\(SECCOMP_SET_MODE_FILTER, .*, \{\d+ instructions\}\)/);
    expect(call(more).split(', ')[1]).toBe(flags);
  });

  test('a listing has the filter in words', () => {
    const document = documentOf(configWith({ ...profile, architectures: [] }));
    document.plan();
    document.image();
    const lines = document.rows().flatMap(({ detail }) => detail ?? []);
    expect(lines.slice(0, 3)).toEqual([
      '   0  A = architecture',
      '   1  if A == SCMP_ARCH_X86_64 → 2, else KILL_THREAD',
      '   2  A = number',
    ]);
    expect(lines.join('\n')).toMatch(/if A [>=]= 59 \(execve\) →/);
  });
});

describe('exec', () => {
  const exec = (seccomp: object, process: object = {}): string[] => {
    const document = documentOf(configWith(seccomp, process));
    document.exec(undefined, { version: 1, exec: { args: ['/bin/true'] } });
    document.image();
    return document.rows().map(({ text }) => text);
  };
  const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [ALLOWED] };
  const at = (rows: string[], begin: string): number => rows.findIndex((row) => row.startsWith(begin));

  test('has the filter of the config, as late as create has it', () => {
    const late = exec(profile);
    expect(at(late, 'seccomp(')).toBeGreaterThan(at(late, 'write(socket, ready'));
    expect(at(late, 'execve(')).toBeGreaterThan(at(late, 'seccomp('));
    const early = exec(profile, { noNewPrivileges: false });
    expect(at(early, 'seccomp(')).toBeGreaterThan(0);
    expect(at(early, 'seccomp(')).toBeLessThan(at(early, 'write(socket, ready'));
    const after = early.slice(at(early, 'seccomp(') + 1);
    expect(after[0]).toMatch(/^capset\(.*effective=0, permitted=0/);
    expect(after.filter((row) => row.startsWith('close_range('))).toEqual([]);
  });

  test('a profile that is none any more is an error, and never no filter', () => {
    expect(() => exec({ ...profile, defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 })).toThrow(
      /the container's seccomp profile cannot be used any more: defaultErrnoRet/,
    );
  });
});
