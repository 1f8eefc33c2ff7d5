// What only cgroup v2 has. On a host without its controllers there is nothing to test: test/vm.sh runs this in a machine
// that has.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { disk } from './support/disk.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';
import { linux } from './support/patches.ts';

const ROOT = '/sys/fs/cgroup';
const CONTROLLERS = existsSync(`${ROOT}/cgroup.controllers`)
  ? readFileSync(`${ROOT}/cgroup.controllers`, 'utf8').split(/\s+/).filter(Boolean)
  : [];
const MIB = 1 << 20;
const place = new Workplace('cgroup2');
afterAll(() => place.remove());

/** The container's cgroup filesystem, to write. */
const writable: Patch = (config) => {
  for (const mount of config.mounts) {
    if (mount.type === 'cgroup') mount.options = (mount.options ?? []).filter((option) => option !== 'ro');
  }
};

function readFileSyncIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

interface Limit {
  resources: Record<string, unknown>;
  /** What the files of the container's directory then say. */
  files: Record<string, string>;
  needs?: string;
}

const LIMITS: Limit[] = [
  { resources: { memory: { limit: 64 * MIB } }, files: { 'memory.max': `${64 * MIB}`, 'memory.swap.max': 'max' } },
  {
    resources: { memory: { limit: 64 * MIB, swap: 96 * MIB } },
    files: { 'memory.max': `${64 * MIB}`, 'memory.swap.max': `${32 * MIB}` },
  },
  { resources: { memory: { limit: 64 * MIB, swap: 64 * MIB } }, files: { 'memory.swap.max': '0' } },
  { resources: { memory: { limit: 64 * MIB, swap: -1 } }, files: { 'memory.swap.max': 'max' } },
  { resources: { memory: { limit: -1 } }, files: { 'memory.max': 'max' } },
  { resources: { memory: { reservation: 16 * MIB } }, files: { 'memory.low': `${16 * MIB}` } },
  { resources: { cpu: { shares: 1024 } }, files: { 'cpu.weight': '100' } },
  { resources: { cpu: { shares: 2 } }, files: { 'cpu.weight': '1' } },
  { resources: { cpu: { shares: 262144 } }, files: { 'cpu.weight': '10000' } },
  { resources: { cpu: { idle: 1, shares: 512 } }, files: { 'cpu.idle': '1' } },
  { resources: { cpu: { quota: 20000, period: 50000 } }, files: { 'cpu.max': '20000 50000' } },
  { resources: { cpu: { quota: 20000 } }, files: { 'cpu.max': '20000 100000' } },
  { resources: { cpu: { quota: -1, period: 50000 } }, files: { 'cpu.max': 'max 50000' } },
  {
    resources: { cpu: { quota: 20000, period: 50000, burst: 10000 } },
    files: { 'cpu.max': '20000 50000', 'cpu.max.burst': '10000' },
  },
  {
    resources: { cpu: { cpus: '0', mems: '0' } },
    files: { 'cpuset.cpus': '0', 'cpuset.cpus.effective': '0', 'cpuset.mems': '0' },
  },
  { resources: { pids: { limit: 17 } }, files: { 'pids.max': '17' } },
  { resources: { pids: { limit: -1 } }, files: { 'pids.max': 'max' } },
  {
    resources: { hugepageLimits: [{ pageSize: '2MB', limit: 4 * MIB }] },
    files: { 'hugetlb.2MB.max': `${4 * MIB}`, 'hugetlb.2MB.rsvd.max': `${4 * MIB}` },
    needs: 'hugetlb',
  },
  {
    resources: {
      blockIO: {
        throttleReadBpsDevice: [{ ...numbers(), rate: 10 * MIB }],
        throttleWriteBpsDevice: [{ ...numbers(), rate: 20 * MIB }],
        throttleReadIOPSDevice: [{ ...numbers(), rate: 30 }],
        throttleWriteIOPSDevice: [{ ...numbers(), rate: 40 }],
      },
    },
    files: { 'io.max': `${disk()} rbps=${10 * MIB} wbps=${20 * MIB} riops=30 wiops=40` },
  },
  {
    resources: {
      pids: { limit: 5 },
      unified: {
        'memory.high': `${48 * MIB}`,
        'memory.oom.group': '1',
        'pids.max': '23',
        'io.max': `${disk()} riops=50\n${disk()} wiops=60`,
        'cgroup.max.depth': '3',
        'cgroup.max.descendants': '4',
      },
    },
    files: {
      'memory.high': `${48 * MIB}`,
      'memory.oom.group': '1',
      'pids.max': '23',
      'io.max': `${disk()} rbps=max wbps=max riops=50 wiops=60`,
      'cgroup.max.depth': '3',
      'cgroup.max.descendants': '4',
    },
  },
];

function numbers(): { major: number; minor: number } {
  const [major, minor] = disk().split(':').map(Number);
  return { major: major ?? 0, minor: minor ?? 0 };
}

const isSkipped = CONTROLLERS.length === 0;
const title = isSkipped ? `cgroup v2: skipped, ${ROOT} has no cgroup.controllers (see test/vm.sh)` : 'cgroup v2';
if (isSkipped) console.warn(title);

describe.skipIf(isSkipped)(title, () => {
  describe.each(builds())('$name', (build) => {
    const orlop = new Orlop(place, build);
    let before: Snapshot;
    let id: string;
    /** Directories and processes that a test makes beside its container. */
    let made: string[] = [];
    let processes: ChildProcess[] = [];

    beforeEach(() => {
      before = snapshot(place, orlop);
      id = place.id();
    });

    afterEach(async () => {
      for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
        orlop.call(['delete', '--force', left]).ok();
      }
      for (const process of processes) {
        const ended = new Promise((resolve) => process.once('exit', resolve));
        process.kill('SIGKILL');
        await ended;
      }
      for (const directory of made.reverse()) {
        await until(`${directory} is empty`, () =>
          readFileSync(join(directory, 'cgroup.events'), 'utf8').includes('populated 0'),
        );
        rmdirSync(directory);
      }
      [made, processes] = [[], []];
      await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    });

    function cgroup(name: string): string {
      const directory = join(ROOT, `${id}-${name}`);
      mkdirSync(directory);
      made.push(directory);
      return directory;
    }

    function occupy(directory: string): number {
      const process = spawn('sleep', ['1000'], { stdio: 'ignore' });
      processes.push(process);
      writeFileSync(join(directory, 'cgroup.procs'), String(process.pid));
      return process.pid as number;
    }

    function run(line: string, ...patches: Patch[]): Result {
      return orlop.run(place.bundle(shell(line), ...patches), id);
    }

    function expectError(result: Result, ...says: (string | RegExp)[]): void {
      for (const said of says) expect(result.stderr).toMatch(said);
      expect(result.stderr).not.toContain('and then:');
      expect(result.status).toBe(1);
    }

    const read = (directory: string, file: string): string => readFileSync(join(directory, file), 'utf8').trim();

    it('has the first process born in its directory, alone', () => {
      orlop.create(place.bundle(shell('true')), id).ok();
      const { pid } = orlop.state(id);
      expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toBe(`0::/orlop-${id}\n`);
      expect(read(`${ROOT}/orlop-${id}`, 'cgroup.procs')).toBe(String(pid));
      expect(read(`${ROOT}/orlop-${id}`, 'cgroup.type')).toBe('domain');
    });

    it.each(LIMITS)('has $resources', ({ resources, files, needs }) => {
      if (needs !== undefined) expect(CONTROLLERS).toContain(needs);
      const names = Object.keys(files);
      const result = run(
        `cd /sys/fs/cgroup; for file in ${names.join(' ')}; do echo "$file: $(cat $file)"; done`,
        linux({ resources }),
      ).ok();
      expect(result.stderr).toBe('');
      expect(result.lines).toEqual(names.map((name) => `${name}: ${files[name]}`));
    });

    it('has the weight of block devices, where the kernel has a scheduler for it', () => {
      const result = run(
        'cd /sys/fs/cgroup; cat io.bfq.weight io.weight 2>/dev/null; true',
        linux({ resources: { blockIO: { weight: 500 } } }),
      );
      if (result.status === 0) expect(['default 500', 'default 4950']).toContain(result.lines[0]);
      else
        expectError(
          result,
          'io.weight',
          'this kernel or this hierarchy has no io.bfq.weight',
          '/linux/resources/blockIO/weight',
        );
    });

    it('ends who takes more memory than there is', () => {
      const result = run(
        'tail /dev/zero; echo "status $?"; grep "^oom_kill " /sys/fs/cgroup/memory.events',
        linux({ resources: { memory: { limit: 32 * MIB, swap: 32 * MIB } } }),
      ).ok();
      expect(result.lines).toEqual(['status 137', 'oom_kill 1']);
    });

    describe('that it may write to, with a namespace of its own', () => {
      const files = readFileSyncIfThere('/sys/kernel/cgroup/delegate').split('\n').filter(Boolean);
      const owners = (directory: string): Record<string, number> =>
        Object.fromEntries(readdirSync(directory).map((name) => [name, statSync(join(directory, name)).uid]));

      it('belongs to the user of its process, but the limits do not', async () => {
        const line =
          'mkdir /sys/fs/cgroup/sub && echo 0 > /sys/fs/cgroup/sub/cgroup.procs; cat /proc/self/cgroup; sleep 1000';
        const user: Patch = (config) => {
          config.process.user = { uid: 1000, gid: 1000 };
        };
        const resources = { memory: { limit: 64 * MIB } };
        const running = orlop.run(place.bundle(shell(line), writable, user, linux({ resources })), id, '-d').ok();
        await until('it has moved', () => running.stdout.trim() !== '');
        const directory = `${ROOT}/orlop-${id}`;
        expect(statSync(directory).uid).toBe(1000);
        const all = owners(directory);
        expect(
          Object.keys(all)
            .filter((name) => all[name] === 1000 && name !== 'sub')
            .sort(),
        ).toEqual(files.filter((name) => name in all).sort());
        expect(all['memory.max']).toBe(0);
        expect(running.stdout.trim()).toBe('0::/sub');
        expect(existsSync(join(directory, 'sub'))).toBe(true);
      });

      it('belongs to root if it is read-only', () => {
        const user: Patch = (config) => {
          config.process.user = { uid: 1000, gid: 1000 };
        };
        orlop.run(place.bundle(shell('sleep 1000'), user), id, '-d').ok();
        expect(new Set(Object.values(owners(`${ROOT}/orlop-${id}`)))).toEqual(new Set([0]));
      });
    });

    it('has all controllers of the host, through parents old and new', () => {
      const old = cgroup('old');
      const result = run(
        'cat /sys/fs/cgroup/cgroup.controllers',
        linux({ cgroupsPath: `${old.slice(ROOT.length)}/new/own`, resources: { memory: { limit: 64 * MIB } } }),
      ).ok();
      expect(result.lines[0]?.split(' ').sort()).toEqual([...CONTROLLERS].sort());
      expect(readdirSync(old, { withFileTypes: true }).filter((entry) => entry.isDirectory())).toEqual([]);
    });

    it('takes an empty directory that is there, gives it its controllers, and leaves it', () => {
      const own = cgroup('own');
      const fields = { cgroupsPath: own.slice(ROOT.length), resources: { pids: { limit: 9 } } };
      expect(run('cat /sys/fs/cgroup/pids.max', linux(fields)).ok().lines).toEqual(['9']);
      expect(existsSync(own)).toBe(true);
    });

    it('keeps a common parent for the other container', () => {
      const parent = `/${id}-common`;
      const other = place.id();
      const sleeper = shell('sleep 1000');
      orlop.run(place.bundle(sleeper, linux({ cgroupsPath: `${parent}/a` })), id, '-d').ok();
      orlop.run(place.bundle(sleeper, linux({ cgroupsPath: `${parent}/b` })), other, '-d').ok();
      orlop.call(['delete', '--force', other]).ok();
      expect(readdirSync(join(ROOT, parent)).filter((name) => !name.includes('.'))).toEqual(['a']);
      orlop.call(['delete', '--force', id]).ok();
      expect(existsSync(join(ROOT, parent))).toBe(false);
    });

    it.each([false, true])('removes what the container made in it, threaded: %s', async (isThreaded) => {
      const line = [
        'cd /sys/fs/cgroup; mkdir -p sub/deep init',
        isThreaded
          ? 'echo threaded > sub/cgroup.type; echo threaded > sub/deep/cgroup.type; echo threaded > init/cgroup.type'
          : ':',
        'sleep 1000 & echo $! > sub/deep/cgroup.procs; echo 0 > init/cgroup.procs',
        'echo +pids > cgroup.subtree_control',
        'echo up; sleep 1000',
      ].join('; ');
      const bundle = place.bundle(shell(line), writable);
      const { result } = orlop.launch(['run', '-b', bundle.directory, id]);
      const directory = join(ROOT, `orlop-${id}`);
      await until(
        'the controller is enabled',
        () =>
          existsSync(join(directory, 'sub/pids.max')) &&
          read(directory, 'cgroup.type') === (isThreaded ? 'domain threaded' : 'domain'),
        30_000,
      );
      orlop.call(['kill', id, 'KILL']).ok();
      const ended = await result;
      expect(ended.stderr).toBe('');
      expect(ended.status).toBe(137);
      expect(existsSync(directory)).toBe(false);
    });

    it('ends processes in threaded directories, without a pid namespace', () => {
      const line =
        'cd /sys/fs/cgroup; mkdir sub; echo threaded > sub/cgroup.type; sleep 1000 >/dev/null 2>&1 & echo $! > /sys/fs/cgroup/sub/cgroup.procs';
      const result = run(line, writable, (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
      });
      expect([result.stderr, result.status]).toEqual(['', 0]);
    });

    describe('below a directory that has processes', () => {
      it('starts without limits, and changes nothing there', () => {
        const parent = cgroup('busy');
        occupy(parent);
        const sibling = join(parent, 'sibling');
        mkdirSync(sibling);
        made.push(sibling);
        run('true', linux({ cgroupsPath: `${parent.slice(ROOT.length)}/own` })).ok();
        expect([read(parent, 'cgroup.subtree_control'), read(parent, 'cgroup.type')]).toEqual(['', 'domain']);
        expect(read(sibling, 'cgroup.type')).toBe('domain');
      });

      it.each([
        ['memory', 'memory.max', { memory: { limit: 64 * MIB } }, '/linux/resources/memory/limit'],
        ['pids', 'pids.max', { pids: { limit: 5 } }, '/linux/resources/pids/limit'],
      ])('says why there is no %s limit', (controller, file, resources, pointer) => {
        const parent = cgroup('busy');
        occupy(parent);
        expectError(
          run('true', linux({ cgroupsPath: `${parent.slice(ROOT.length)}/own`, resources })),
          `${parent}/own/${file}`,
          'ENOENT',
          `${parent} has processes of its own, and so cannot hand the ${controller} controller down`,
          pointer,
        );
      });

      it('starts from within it', () => {
        const parent = cgroup('within');
        const bundle = place.bundle(
          shell('cat /proc/self/cgroup'),
          linux({ cgroupsPath: `${parent.slice(ROOT.length)}/own` }),
        );
        const prefix = ['sh', '-c', `echo 0 > ${parent}/cgroup.procs && exec "$@"`, 'sh'];
        expect(orlop.call(['run', '-b', bundle.directory, id], { prefix }).ok().lines).toEqual(['0::/']);
      });
    });

    it('refuses a directory whose children have processes, and leaves them alone', () => {
      const parent = cgroup('parent');
      const child = join(parent, 'child');
      mkdirSync(child);
      made.push(child);
      const pid = occupy(child);
      expectError(
        run('true', linux({ cgroupsPath: parent.slice(ROOT.length) })),
        `mkdir("${parent}") failed: EEXIST: it has processes already`,
        '/linux/cgroupsPath',
      );
      expect(read(child, 'cgroup.procs')).toBe(String(pid));
    });

    it('refuses a directory that hands controllers down', () => {
      const parent = cgroup('parent');
      writeFileSync(join(parent, 'cgroup.subtree_control'), '+pids');
      expectError(
        run('true', linux({ cgroupsPath: parent.slice(ROOT.length) })),
        `mkdir("${parent}") failed: EBUSY: it takes no process, for it hands pids down`,
        '/linux/cgroupsPath',
      );
    });

    describe('below a threaded directory', () => {
      function threaded(): string {
        const domain = cgroup('domain');
        const directory = join(domain, 'threads');
        mkdirSync(directory);
        made.push(directory);
        writeFileSync(join(directory, 'cgroup.type'), 'threaded');
        return directory;
      }

      it('is threaded too, with the controllers that can be', () => {
        const parent = threaded();
        writeFileSync(join(dirname(parent), 'cgroup.subtree_control'), '+pids');
        const fields = { cgroupsPath: `${parent.slice(ROOT.length)}/own`, resources: { pids: { limit: 7 } } };
        orlop.create(place.bundle(shell('true'), linux(fields)), id).ok();
        expect([read(`${parent}/own`, 'cgroup.type'), read(`${parent}/own`, 'pids.max')]).toEqual(['threaded', '7']);
        expect(read(`${parent}/own`, 'cgroup.threads')).toBe(String(orlop.state(id).pid));
        orlop.call(['delete', '--force', id]).ok();
        expect(existsSync(`${parent}/own`)).toBe(false);
      });

      it('says why there is no memory limit', () => {
        const parent = threaded();
        const fields = { cgroupsPath: `${parent.slice(ROOT.length)}/own`, resources: { memory: { limit: 64 * MIB } } };
        expectError(
          run('true', linux(fields)),
          `${dirname(parent)} is domain threaded: there is no memory controller below it`,
          '/linux/resources/memory/limit',
        );
      });
    });

    it.each<[string, object, ...string[]]>([
      [
        'a device that is none',
        { blockIO: { throttleReadBpsDevice: [{ major: 4000, minor: 0, rate: 1 }] } },
        'io.max',
        'there is no such block device',
      ],
      ['a file that no kernel has', { unified: { 'memory.nosuch': '1' } }, 'memory.nosuch', 'has no memory.nosuch'],
      ['a value that is none', { unified: { 'memory.high': 'much' } }, 'memory.high', 'does not take this value'],
      ['a controller that is none', { unified: { 'nosuch.max': '1' } }, 'nosuch', 'enable the controller on the host'],
      ['a limit of version 1', { memory: { swappiness: 10 } }, 'memory.swappiness', 'exists on cgroup v1 only'],
      ['a class of network packets', { network: { classID: 1 } }, 'net_cls', 'enable the controller on the host'],
    ])('refuses %s', (_, resources, ...says) => {
      expectError(run('true', linux({ resources })), ...says, '/linux/resources');
    });
  });
});
