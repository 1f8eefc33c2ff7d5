import { describe, expect, test } from 'vitest';
import { type Diagnostic, type ExecRequest, OrlopError, type Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, open, request, V1, V2 } from './plans.ts';

const encoder = new TextEncoder();
const config = fixture('runc');

function asked(exec: ExecRequest, more: Partial<Request> = {}): Request {
  return request(V1, { exec, ...more });
}

/** The listing of a process in the container of runc's default config. */
function calls(exec: ExecRequest, process?: object, more: Partial<Request> = {}): string[] {
  const document = open(config);
  document.exec(process && encoder.encode(JSON.stringify(process)), asked(exec, more));
  document.image('/root');
  return document.rows().map(({ text }) => text);
}

const find = (rows: string[], word: string): string[] => rows.filter((row) => row.startsWith(word));

describe('exec', () => {
  test('enters cgroups first, then all namespaces at once', () => {
    const rows = calls({ args: ['id'], cgroups: ['/sys/fs/cgroup/pids/box'] });
    const cgroup = rows.findIndex((row) => row.includes('"/sys/fs/cgroup/pids/box/tasks"'));
    const enter = rows.findIndex((row) => row.startsWith('setns('));
    const clone = rows.findIndex((row) => row.startsWith('clone3('));
    expect(cgroup).toBeGreaterThan(0);
    expect(enter).toBeGreaterThan(cgroup);
    expect(clone).toBeGreaterThan(enter);
    expect(rows[enter]).toBe('setns(pidfd, CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWPID|CLONE_NEWNET)');
    expect(rows[clone]).not.toContain('CLONE_NEW');
    expect(find(rows, 'setns(')).toHaveLength(1);
  });

  test('is born in the cgroup where there is v2', () => {
    const rows = calls({ args: ['id'] }, undefined, { facts: { cgroup: V2 } });
    expect(find(rows, 'clone3(')[0]).toContain('CLONE_INTO_CGROUP');
  });

  test('enters the namespace of cgroups when it is in the cgroup', () => {
    const document = open(changed(config, { '/linux/namespaces/5': { type: 'cgroup' } }));
    document.exec(undefined, asked({ args: ['id'] }, { facts: { cgroup: V2 } }));
    document.image('/root');
    const rows = document.rows().map(({ text }) => text);
    const clone = rows.findIndex((row) => row.startsWith('clone3('));
    expect(rows.slice(0, clone).filter((row) => /^setns.*CGROUP/.test(row))).toEqual([]);
    expect(find(rows.slice(clone), 'setns(')).toEqual(['setns(pidfd, CLONE_NEWCGROUP)']);
  });

  test.each([
    ['an ordinary user', '0', 'oom_score_adj'],
    ['root', 'ffffffffff', 'rt_sigprocmask'],
  ])('nothing in the container can look into the process: of %s', (_who, capabilities, before) => {
    const rootless = changed(config, {
      '/linux/namespaces/5': { type: 'user' },
      '/linux/uidMappings': [{ containerID: 0, hostID: 1000, size: 1 }],
      '/linux/gidMappings': [{ containerID: 0, hostID: 1000, size: 1 }],
      '/process/oomScoreAdj': 100,
    });
    const document = open(rootless);
    document.exec(undefined, asked({ args: ['id'] }, { facts: { cgroup: V1, capabilities, uid: 1000, gid: 1000 } }));
    document.image('/root');
    const rows = document.rows().map(({ text }) => text);
    const at = (word: string): number => rows.findIndex((row) => row.includes(word));
    expect(at('PR_SET_DUMPABLE')).toBeGreaterThan(at(before));
    expect(at('setns(')).toBeGreaterThan(at('PR_SET_DUMPABLE'));
  });

  test('waits for no start', () => {
    expect(calls({ args: ['id'] }).filter((row) => row.includes('start,'))).toEqual([]);
  });

  test('args, cwd and user replace, environment, groups and capabilities are added', () => {
    const rows = calls({
      args: ['/bin/id', '-u'],
      cwd: '/tmp',
      env: ['TERM=dumb', 'A=B'],
      uid: 7,
      gid: 8,
      additionalGids: [9],
      capabilities: ['CAP_SYS_PTRACE'],
    });
    expect(find(rows, 'execve(')).toEqual(['execve("/bin/id", ["/bin/id", "-u"], [4 strings])']);
    expect(rows.some((row) => row.startsWith('openat2(AT_FDCWD, "/tmp"'))).toBe(true);
    expect(find(rows, 'setresuid(')).toEqual(['setresuid(7, 7, 7)']);
    expect(find(rows, 'setresgid(')).toEqual(['setresgid(8, 8, 8)']);
    expect(find(rows, 'setgroups(')).toEqual(['setgroups(1, [1 groups])']);
    // kill, net_bind_service, audit_write of the config, and number 19
    expect(find(rows, 'capset(')[0]).toContain('effective=20080420');
  });

  test('another process instead of that of the config', () => {
    const rows = calls({}, { args: ['/bin/date'], cwd: '/', user: { uid: 1, gid: 2 }, env: ['HOME=/x'] });
    expect(find(rows, 'execve(')).toEqual(['execve("/bin/date", ["/bin/date"], [1 strings])']);
    expect(find(rows, 'setresuid(')).toEqual(['setresuid(1, 1, 1)']);
  });

  describe('what another process does not say', () => {
    const minimal = { args: ['id'], cwd: '/' };
    const own = changed(config, {
      '/process/rlimits': [{ type: 'RLIMIT_CORE', soft: 1, hard: 2 }],
      '/process/apparmorProfile': 'box',
      '/process/selinuxLabel': 'user:role:box:s0',
      '/process/oomScoreAdj': 7,
      '/process/scheduler': { policy: 'SCHED_BATCH' },
      '/process/ioPriority': { class: 'IOPRIO_CLASS_IDLE', priority: 0 },
      '/process/execCPUAffinity': { final: '1' },
      '/process/user': { uid: 5, gid: 5 },
      '/process/env': ['HOME=/x', 'A=B'],
    });
    const rowsOf = (process: object): string[] => {
      const document = open(own);
      document.exec(encoder.encode(JSON.stringify(process)), asked({}));
      document.image('/root');
      return document.rows().map(({ text }) => text);
    };

    test('is as in the config: its confinement and its limits', () => {
      const rows = rowsOf(minimal);
      expect(find(rows, 'capset(')[0]).toContain('effective=20000420');
      expect(find(rows, 'prlimit64(').join()).toContain('RLIMIT_CORE');
      for (const text of ['exec box', 'user:role:box:s0', '"7"']) expect(rows.join('\n')).toContain(text);
      for (const call of ['sched_setattr(', 'ioprio_set(', 'sched_setaffinity('])
        expect(find(rows, call)).toHaveLength(1);
    });

    test('and nothing else: user, environment and noNewPrivileges are its own', () => {
      const rows = rowsOf(minimal);
      expect(find(rows, 'setresuid(')).toEqual(['setresuid(0, 0, 0)']);
      expect(find(rows, 'execve(')[0]).toContain('[1 strings]');
      expect(rows.join()).not.toContain('NO_NEW_PRIVS');
    });

    test('empty is as absent, but for capabilities', () => {
      const rows = rowsOf({ ...minimal, apparmorProfile: '', selinuxLabel: '', rlimits: [], capabilities: {} });
      expect(find(rows, 'capset(')[0]).toContain('effective=0');
      expect(rows.join()).toContain('exec box');
      expect(rows.join()).toContain('user:role:box:s0');
      expect(find(rows, 'prlimit64(')).toHaveLength(1);
    });

    test('what it says counts', () => {
      const rows = rowsOf({
        ...minimal,
        apparmorProfile: 'other',
        selinuxLabel: 'user:role:other:s0',
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 5 }],
        oomScoreAdj: 9,
      });
      expect(rows.join()).not.toMatch(/exec box|role:box|RLIMIT_CORE|"7"/);
      expect(rows.join()).toMatch(/exec other.*RLIMIT_NOFILE|RLIMIT_NOFILE.*exec other/s);
    });

    test('has no place in its document, and its messages say whose it is', () => {
      const request = asked({}, { facts: { cgroup: V1, security: [] } });
      const refused = (text: string, process: object): Diagnostic[] => {
        try {
          open(text).exec(encoder.encode(JSON.stringify(process)), request);
        } catch (error) {
          return [...((error as OrlopError).diagnostics as readonly Diagnostic[])];
        }
        return [];
      };
      const inherited = changed(config, { '/process/apparmorProfile': 'box' });
      expect(refused(inherited, minimal)).toMatchObject([
        { rule: 'OCI123', path: '', line: 1, message: expect.stringContaining('(in the config of the container)') },
      ]);
      expect(refused(config, { ...minimal, apparmorProfile: 'box' })).toMatchObject([
        { rule: 'OCI123', path: '/apparmorProfile', message: expect.not.stringContaining('of the container') },
      ]);
      const flags = changed(config, { '/linux/personality': { domain: 'LINUX', flags: ['x'] } });
      expect(refused(flags, minimal)).toMatchObject([{ rule: 'OCI802', path: '' }]);
    });

    test('nor have its steps one', () => {
      const document = open(own);
      document.exec(encoder.encode(JSON.stringify({ ...minimal, oomScoreAdj: 9 })), asked({}));
      document.image('/root');
      const rows = document.rows();
      const failed = (call: string) =>
        document.failure(
          rows.findIndex(({ text }) => text.startsWith(call)),
          1,
          new Uint8Array(),
        );
      expect(failed('prlimit64(')).not.toHaveProperty('path');
      expect(failed('prlimit64(').message).toContain('RLIMIT_CORE');
      expect(failed('setresuid(')).toMatchObject({ path: '' });
    });
  });

  test('the terminal of the config is for its own process', () => {
    expect(find(calls({ args: ['id'] }), 'sendmsg(')).toEqual([]);
    const rows = calls({ args: ['id'], terminal: true });
    expect(find(rows, 'sendmsg(')).toHaveLength(1);
    expect(rows.filter((row) => row.includes('/dev/console'))).toEqual([]);
  });

  test('CPUs before and after the cgroup', () => {
    const process = { args: ['id'], cwd: '/', execCPUAffinity: { initial: '0-1,65', final: '3' } };
    const rows = calls({}, process);
    expect(find(rows, 'sched_setaffinity(')).toEqual([
      'sched_setaffinity(0, 16, [0-1,65])',
      'sched_setaffinity(0, 8, [3])',
    ]);
  });

  test.each(['', 'x', '1-', '3-1', '0,,1', '8192', '-1'])('CPUs "%s" are refused, if they are any', (cpus) => {
    const process = { args: ['id'], cwd: '/', execCPUAffinity: { initial: cpus } };
    const all = ['sched_setaffinity(0, 1024, [all])      any error → next'];
    if (cpus === '') expect(find(calls({}, process), 'sched_setaffinity(')).toEqual(all);
    else expect(errors(process)).toMatchObject([{ rule: 'OCI121', path: '/execCPUAffinity/initial' }]);
  });

  test('places are those of the document that has it', () => {
    expect(errors({ args: ['id'], cwd: 'tmp', oomScoreAdj: 5000 })).toMatchObject([
      { path: '/cwd', line: 1 },
      { path: '/oomScoreAdj' },
    ]);
    expect(errors({ args: [], cwd: '/' })).toMatchObject([{ path: '/args' }]);
    expect(errors([])).toMatchObject([{ severity: 'error' }]);
    expect(() => open(config).exec(encoder.encode('{'), asked({}))).toThrow(OrlopError);
  });

  test('what this host cannot do is an error, from a flag too', () => {
    const request = asked({ args: ['id'], apparmorProfile: 'x' }, { facts: { cgroup: V1, security: [] } });
    expect(() => open(config).exec(undefined, request)).toThrow('this host does not have AppArmor enabled');
  });
});

function errors(process: unknown): Diagnostic[] {
  try {
    open(config).exec(encoder.encode(JSON.stringify(process)), asked({}));
  } catch (error) {
    if (error instanceof OrlopError) return [...(error.diagnostics as readonly Diagnostic[])];
    throw error;
  }
  return [];
}
