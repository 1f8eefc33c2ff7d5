// linux.seccomp in real containers, beside runc where that is installed.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result } from './support/orlop.ts';

const place = new Workplace('seccomp');
let orlop = new Orlop(place);
let before: Snapshot;

const hasRunc = spawnSync('runc', ['--version']).status === 0;
if (!hasRunc) console.warn('\n*** runc is missing: nothing is compared. apt-get install runc ***\n');

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

function seccomp(profile: object, noNewPrivileges = true): Patch {
  return (config) => {
    config.linux.seccomp = profile;
    config.process.noNewPrivileges = noNewPrivileges;
  };
}

/** Everything but one call, which has this action. */
function onlyFor(names: string[], action: string, more: object = {}, args?: object[]): object {
  return { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action, ...more, ...(args ? { args } : {}) }] };
}

const run = (line: string, ...patches: Patch[]): Result => orlop.run(place.bundle(shell(line), ...patches), place.id());

const docker: Patch = (config) => {
  const file = join(import.meta.dirname, '../../fixtures/configs/docker.json');
  config.linux.seccomp = JSON.parse(readFileSync(file, 'utf8')).linux.seccomp;
};

const privileges = (noNewPrivileges: boolean): Patch => {
  return (config) => {
    config.process.noNewPrivileges = noNewPrivileges;
  };
};

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
    before = snapshot(place, orlop);
  });

  it.each([true, false])('a call that is refused has the errno, noNewPrivileges %s', (noNewPrivileges) => {
    const profile = onlyFor(['mkdir'], 'SCMP_ACT_ERRNO', { errnoRet: 122 });
    const result = run('mkdir /x; echo $?', seccomp(profile, noNewPrivileges)).ok();
    expect(result.stderr).toMatch(/quota exceeded/i);
    expect(result.lines).toEqual(['1']);
  });

  it.each(['KILL', 'KILL_THREAD', 'KILL_PROCESS', 'TRAP'])('SCMP_ACT_%s ends it with SIGSYS', (action) => {
    const result = run('echo before; exec mkdir /x', seccomp(onlyFor(['mkdir'], `SCMP_ACT_${action}`)));
    expect(result.lines).toEqual(['before']);
    expect(result.status).toBe(128 + 31);
  });

  it('exec has the filter of the container', () => {
    const bundle = place.bundle(
      shell('sleep 1000'),
      seccomp(onlyFor(['mkdir'], 'SCMP_ACT_ERRNO', { errnoRet: 122 }), false),
    );
    const id = place.id();
    orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
    const line = 'grep ^Seccomp: /proc/self/status; mkdir /x; echo $?';
    const file = place.path(`${id}.process.json`);
    const process = { cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'], args: ['sh', '-c', line] };
    writeFileSync(file, JSON.stringify(process));
    for (const words of [
      [id, 'sh', '-c', line],
      ['--no-new-privs', id, 'sh', '-c', line],
      ['--process', file, id],
    ]) {
      const result = orlop.call(['exec', ...words]).ok();
      expect(result.lines).toEqual(['Seccomp:\t2', '1']);
      expect(result.stderr).toMatch(/quota exceeded/i);
    }
  });
});

describe('seccomp', () => {
  it('SCMP_ACT_LOG lets the call pass, SCMP_ACT_TRACE without a tracer does not', () => {
    expect(run('mkdir /x && echo made', seccomp(onlyFor(['mkdir'], 'SCMP_ACT_LOG'))).ok().lines).toEqual(['made']);
    const traced = run('mkdir /x; echo $?', seccomp(onlyFor(['mkdir'], 'SCMP_ACT_TRACE')));
    expect(traced.stderr).toContain('Function not implemented');
  });

  it('arguments are compared', () => {
    const isSix = [{ index: 1, value: 6, op: 'SCMP_CMP_EQ' }];
    const profile = onlyFor(['kill'], 'SCMP_ACT_ERRNO', { errnoRet: 122 }, isSix);
    const { lines, stderr } = run('kill -0 $$; echo $?; kill -6 $$; echo $?', seccomp(profile)).ok();
    expect(lines).toEqual(['0', '1']);
    expect(stderr).toMatch(/quota exceeded/i);
  });

  it('two ranges of one argument both hold, where libseccomp 2.5.4 loses the wider one', () => {
    const upTo = (value: number): object => ({
      names: ['kill'],
      action: 'SCMP_ACT_ERRNO',
      args: [{ index: 1, value, op: 'SCMP_CMP_LE' }],
    });
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [upTo(0), upTo(2 ** 32)] };
    expect(run('sleep 1 & kill -9 $!; echo $?', seccomp(profile)).ok().lines).toEqual(['1']);
  });

  it.each(['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'])('%s', (flag) => {
    const profile = { ...onlyFor(['mkdir'], 'SCMP_ACT_ERRNO'), flags: [flag] };
    expect(run('mkdir /x; echo $?', seccomp(profile)).ok().lines).toEqual(['1']);
  });

  it('a mistake says where it is, and leaves nothing', () => {
    const bundle = place.bundle(seccomp({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] }));
    const result = orlop.run(bundle, place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('ERRNO(1) for execve');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/seccomp/);
  });

  it('an unknown name is a warning, and the rest holds', () => {
    const result = run('mkdir /x; echo $?', seccomp(onlyFor(['mkdir', 'mkdirr'], 'SCMP_ACT_ERRNO'))).ok();
    expect(result.lines).toEqual(['1']);
    expect(result.stderr).toContain('"mkdirr" is no system call');
  });
});

describe("Docker's default profile", () => {
  it.each([true, false])('lets a shell do its work, and no mount; noNewPrivileges %s', (noNewPrivileges) => {
    const line = 'ls / >/dev/null && echo hi | cat && (sleep 0.01 & wait) && mount -t tmpfs none /tmp; echo $?';
    const result = run(line, docker, privileges(noNewPrivileges)).ok();
    expect(result.lines[0]).toBe('hi');
    expect(result.stderr).toMatch(/[Oo]peration not permitted|permission denied/);
  });

  it.each([true, false])(
    'has room for startContainer hooks, which it holds too; noNewPrivileges %s',
    (noNewPrivileges) => {
      const hook = { path: '/bin/sh', args: ['sh', '-c', 'grep ^Seccomp: /proc/self/status > /hook'] };
      const result = run('cat /hook', docker, privileges(noNewPrivileges), (config) => {
        config.hooks = { startContainer: [hook] };
      });
      expect(result.ok().lines).toEqual(['Seccomp:\t2']);
    },
  );

  it.each([true, false])('has room for orlop.init, which it holds too; noNewPrivileges %s', (noNewPrivileges) => {
    const line = 'grep -h ^Seccomp: /proc/1/status /proc/self/status; (sleep 0.01 &) ; sleep 0.1; exit 7';
    const result = run(line, docker, privileges(noNewPrivileges), (config) => {
      config.annotations = { 'orlop.init': 'true' };
    });
    expect(result.lines).toEqual(['Seccomp:\t2', 'Seccomp:\t2']);
    expect(result.status).toBe(7);
  });
});

describe('privileges', () => {
  const waiting = (noNewPrivileges: boolean): string => {
    const id = place.id();
    const bundle = place.bundle(seccomp(onlyFor(['mkdir'], 'SCMP_ACT_ERRNO'), noNewPrivileges));
    orlop.create(bundle, id).ok();
    const status = readFileSync(`/proc/${orlop.state(id).pid}/status`, 'utf8');
    orlop.call(['start', id]).ok();
    return status;
  };
  const field = (status: string, name: string): string =>
    new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const CAP_SYS_ADMIN = 1n << 21n;

  it('who waits has no capability that the process will not have', () => {
    for (const noNewPrivileges of [true, false]) {
      const status = waiting(noNewPrivileges);
      for (const name of ['CapPrm', 'CapEff', 'CapBnd'])
        expect(BigInt(`0x${field(status, name)}`) & CAP_SYS_ADMIN, name).toBe(0n);
    }
  });

  it('the filter is there before the wait where it needs privileges, and after it where not', () => {
    expect(field(waiting(false), 'Seccomp')).toBe('2');
    expect(field(waiting(true), 'Seccomp')).toBe('0');
  });

  it('a user without capabilities', () => {
    const line = 'id -u; mkdir /tmp/x; echo $?; grep CapEff /proc/self/status';
    const result = run(line, seccomp(onlyFor(['mkdir'], 'SCMP_ACT_ERRNO', { errnoRet: 122 }), false), (config) => {
      config.process.user = { uid: 1000, gid: 1000 };
    });
    expect(result.ok().lines).toEqual(['1000', '1', 'CapEff:\t0000000000000000']);
    expect(result.stderr).toMatch(/quota exceeded/i);
  });

  it('ambient capabilities stay', () => {
    const result = run('grep Cap /proc/self/status', seccomp(onlyFor(['mkdir'], 'SCMP_ACT_ERRNO'), false), (config) => {
      const some = ['CAP_KILL'];
      config.process.user = { uid: 1000, gid: 1000 };
      config.process.capabilities = {
        bounding: some,
        permitted: some,
        effective: some,
        inheritable: some,
        ambient: some,
      };
    });
    expect(new Set(result.ok().lines.map((line) => line.split('\t')[1]))).toEqual(new Set(['0000000000000020']));
  });
});

describe('where hardly anything is allowed', () => {
  const strict = (...more: string[]): Patch =>
    seccomp({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['execve', 'listns', ...more], action: 'SCMP_ACT_ALLOW' }],
    });

  it('a launch needs nothing but execve itself', () => {
    // What busybox needs to begin and to end.
    const result = orlop.run(
      place.bundle(
        strict(
          'exit_group',
          'arch_prctl',
          'brk',
          'set_tid_address',
          'set_robust_list',
          'rseq',
          'prlimit64',
          'mprotect',
          'getuid',
        ),
      ),
      place.id(),
    );
    expect(result.status).toBe(0);
  });

  it('an execve that fails is told, or ends, and never spins', () => {
    const broken: Patch = (config) => {
      config.process.args = ['/broken'];
    };
    for (const more of [['write'], []]) {
      const bundle = place.bundle(strict(...more), broken).write('broken', 'no program\n', 0o755);
      const result = orlop.call(['run', '-b', bundle.directory, place.id()], { timeout: 10_000 });
      expect(result.status).not.toBe(0);
      if (more.length > 0) expect(result.stderr).toContain('ENOEXEC');
    }
  });
});

describe.skipIf(!hasRunc)('beside runc', () => {
  const lines = 'grep -E "^(Seccomp|Seccomp_filters|NoNewPrivs|Cap...):" /proc/self/status';
  const underRunc = (bundle: Bundle): string[] => {
    const words = ['--root', place.path('runc'), 'run', '-b', bundle.directory, place.id('runc')];
    const { stdout, stderr, status } = spawnSync('runc', words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout.trimEnd().split('\n');
  };

  it.each([
    ["Docker's", true],
    ["Docker's", false],
    ['one rule', true],
    ['one rule', false],
  ])('%s profile, noNewPrivileges %s: the same status', (name, noNewPrivileges) => {
    const profile = name === 'one rule' ? seccomp(onlyFor(['mkdir'], 'SCMP_ACT_ERRNO')) : docker;
    const bundle = place.bundle(
      shell(`${lines}; mkdir /tmp/x; echo $?; rmdir /tmp/x; :`),
      profile,
      privileges(noNewPrivileges),
      (config) => {
        config.ociVersion = '1.0.2';
      },
    );
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(underRunc(bundle));
  });
});
