// What the kernel has set on the container's process: scheduler, I/O priority, memory policy, personality.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, type Result } from './support/orlop.ts';
import { linux, process_ } from './support/patches.ts';

const place = new Workplace('attributes');
const orlop = new Orlop(place);
afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

/** man 5 proc, /proc/PID/stat: nice is field 19, rt_priority 40, policy 41. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
const STAT = 'read -r a < /proc/self/stat; set -- $a; echo nice ${19} priority ${40} policy ${41}';

function run(line: string, ...patches: Patch[]): Result {
  return orlop.run(place.bundle(shell(line), ...patches), place.id());
}

const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');

describe('process.scheduler', () => {
  it.each([
    [{ policy: 'SCHED_OTHER', nice: -5 }, 'nice -5 priority 0 policy 0'],
    [{ policy: 'SCHED_BATCH', nice: 19 }, 'nice 19 priority 0 policy 3'],
    [{ policy: 'SCHED_IDLE' }, 'nice 0 priority 0 policy 5'],
    [{ policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000 }, 'nice 0 priority 0 policy 6'],
  ])('%j', (scheduler, text) => {
    expect(run(STAT, process_({ scheduler })).ok().stdout.trim()).toBe(text);
  });

  // The limits are the host's to write, while the image runs: were it not to wait for them, this would fail now and then.
  it.each(['SCHED_FIFO', 'SCHED_RR'])('%s, with the time that the cgroup has for it', (policy) => {
    const cpu = isV2 ? {} : { realtimeRuntime: 5000, realtimePeriod: 1_000_000 };
    const scheduler = { policy, priority: 7, flags: ['SCHED_FLAG_RESET_ON_FORK'] };
    const result = run(STAT, process_({ scheduler }), linux({ resources: { cpu } }));
    expect(result.ok().stdout.trim()).toBe(`nice 0 priority 7 policy ${policy === 'SCHED_FIFO' ? 1 : 2}`);
  });

  it.skipIf(isV2)('real time without time of its own is refused, and says what is missing', () => {
    const result = run(STAT, process_({ scheduler: { policy: 'SCHED_FIFO', priority: 7 } }));
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      'scheduler SCHED_FIFO failed: EPERM (operation not permitted): sched_setattr(0, {SCHED_FIFO, priority=7}, 0)',
    );
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/process\/scheduler/);
    expect(result.stderr).toContain('linux.resources.cpu.realtimeRuntime');
  });

  it('SCHED_DEADLINE without the CPUs of its cpuset says so', () => {
    if (availableParallelism() < 2) return console.warn('*** one CPU: SCHED_DEADLINE untested');
    const result = run(
      'true',
      process_({ scheduler: { policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000 } }),
      linux({ resources: { cpu: { cpus: '0' } } }),
    );
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('scheduler SCHED_DEADLINE failed: EPERM');
    expect(result.stderr).toContain('runs on all CPUs of its cpuset');
  });

  it('a process without the right keeps its privileges no longer than the change', () => {
    const user = { uid: 1000, gid: 1000 };
    const result = run(
      `${STAT}; grep CapEff /proc/self/status`,
      process_({ scheduler: { policy: 'SCHED_OTHER', nice: -3 }, user, capabilities: {} }),
    );
    expect(result.ok().lines).toEqual(['nice -3 priority 0 policy 0', 'CapEff:\t0000000000000000']);
  });
});

describe('CPU affinity', () => {
  const LINE = 'grep Cpus_allowed_list /proc/self/status | cut -f2';
  const online = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
  const prefix = ['taskset', '-c', '0'];

  it.skipIf(availableParallelism() < 2).each([
    ['all CPUs', {}, online],
    ['those of the cpuset', { cpus: '1' }, '1'],
  ])("is %s, and not the caller's", (_name, cpu, cpus) => {
    const bundle = place.bundle(shell(LINE), linux({ resources: { cpu } }));
    expect(orlop.call(['run', '-b', bundle.directory, place.id()], { prefix }).ok().lines).toEqual([cpus]);
  });

  it.skipIf(availableParallelism() < 2)("of exec is not the caller's, but that of execCPUAffinity", () => {
    const id = place.id();
    orlop.create(place.bundle(shell('sleep 100')), id).ok();
    const exec = (execCPUAffinity: object): string[] => {
      const config = { args: ['/bin/sh', '-c', LINE], cwd: '/', env: ['PATH=/bin'], execCPUAffinity };
      writeFileSync(place.path('process.json'), JSON.stringify(config));
      return orlop.call(['exec', '-p', place.path('process.json'), id], { prefix }).ok().lines;
    };
    expect(exec({})).toEqual([online]);
    expect(exec({ initial: '1' })).toEqual(['1']);
    expect(exec({ final: '1' })).toEqual(['1']);
    expect(exec({ initial: '0', final: '0-1' })).toEqual(['0-1']);
  });
});

describe('process.ioPriority', () => {
  it.each([
    [{ class: 'IOPRIO_CLASS_RT', priority: 3 }, 'realtime: prio 3'],
    [{ class: 'IOPRIO_CLASS_BE', priority: 7 }, 'best-effort: prio 7'],
    [{ class: 'IOPRIO_CLASS_IDLE', priority: 0 }, 'idle'],
  ])('%j', (ioPriority, text) => {
    expect(run('ionice -p $$', process_({ ioPriority })).ok().stdout.trim()).toBe(text);
  });
});

describe('linux.memoryPolicy', () => {
  const policy = (memoryPolicy: object): Patch => linux({ memoryPolicy });
  const LINE = 'head -n 1 /proc/self/numa_maps | cut -d" " -f2';

  it.each([
    [{ mode: 'MPOL_BIND', nodes: '0' }, 'bind:0'],
    [{ mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] }, 'bind=static:0'],
    [{ mode: 'MPOL_INTERLEAVE', nodes: '0', flags: ['MPOL_F_RELATIVE_NODES'] }, 'interleave=relative:0'],
    [{ mode: 'MPOL_PREFERRED', nodes: '0' }, 'prefer:0'],
    [{ mode: 'MPOL_LOCAL' }, 'local'],
    [{ mode: 'MPOL_DEFAULT' }, 'default'],
  ])('%j', (memoryPolicy, text) => {
    expect(run(LINE, policy(memoryPolicy)).ok().stdout.trim()).toBe(text);
  });

  it('a node that is not there', () => {
    expect(readdirSync('/sys/devices/system/node')).not.toContain('node63');
    const result = run('true', policy({ mode: 'MPOL_BIND', nodes: '63' }));
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      'memory policy MPOL_BIND of nodes 63 failed: EINVAL (invalid argument): set_mempolicy(MPOL_BIND, [63], 65)',
    );
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/memoryPolicy/);
    expect(result.stderr).toContain('has_memory lists those with memory');
  });
});

describe('linux.personality', () => {
  it.each([
    ['LINUX', '00000000', 'x86_64'],
    ['LINUX32', '00000008', 'i686'],
  ])('%s', (domain, persona, machine) => {
    const result = run('cat /proc/self/personality; uname -m', linux({ personality: { domain } }));
    expect(result.ok().lines).toEqual([persona, machine]);
  });
});

describe('exec', () => {
  const line = `${STAT}; ionice -p $$; cat /proc/self/personality; head -n 1 /proc/self/numa_maps | cut -d" " -f2`;

  it("has the attributes of the config, or those of a process of its own with the config's linux", () => {
    const bundle = place.bundle(
      process_({
        args: ['/bin/sleep', '1000'],
        scheduler: { policy: 'SCHED_BATCH', nice: 3 },
        ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 6 },
      }),
      linux({ personality: { domain: 'LINUX32' }, memoryPolicy: { mode: 'MPOL_LOCAL' } }),
    );
    const id = place.id();
    orlop.run(bundle, id, '-d').ok();
    expect(orlop.call(['exec', id, 'sh', '-c', line]).ok().lines).toEqual([
      'nice 3 priority 0 policy 3',
      'best-effort: prio 6',
      '00000008',
      'local',
    ]);
    const file = place.path('process.json');
    const process = {
      cwd: '/',
      env: ['PATH=/bin'],
      args: ['sh', '-c', line],
      ioPriority: { class: 'IOPRIO_CLASS_IDLE', priority: 0 },
      scheduler: { policy: 'SCHED_IDLE' },
    };
    writeFileSync(file, JSON.stringify(process, null, 2));
    const own = orlop.call(['exec', '-p', file, id]).ok().lines;
    expect(own).toEqual(['nice 0 priority 0 policy 5', 'idle', '00000008', 'local']);

    writeFileSync(file, readFileSync(file, 'utf8').replace('SCHED_IDLE', 'SCHED_ISO'));
    const refused = orlop.call(['exec', '-p', file, id]);
    expect(refused.status).toBe(255);
    expect(refused.stderr).toMatch(/SCHED_ISO.*\/process\.json:\d+:\d+ \/scheduler\/policy/s);
  });
});

describe('what the spec has not defined yet', () => {
  const flags = linux({ personality: { domain: 'LINUX', flags: ['ADDR_NO_RANDOMIZE'] } });

  it('is refused', () => {
    const result = run('echo started', flags);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('linux.personality.flags: "ADDR_NO_RANDOMIZE" is no flag');
    expect(result.stdout).toBe('');
  });

  it('is left out with --ignore-unsupported, which says so', () => {
    const bundle = place.bundle(shell('echo started'), flags);
    const result = orlop.call(['--ignore-unsupported', 'run', '-b', bundle.directory, place.id()]).ok();
    expect(result.stdout).toBe('started\n');
    expect(result.stderr).toMatch(/personality/);
  });
});
