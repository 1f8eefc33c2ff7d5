// events: what containers use and when they run out of memory; the statistics key by key beside runc's.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { disk } from './support/disk.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, fastest, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('events');
afterAll(() => place.remove());

const MIB = 1 << 20;
const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!hasStrace)
  console.warn(
    'events.test.ts: strace is missing or not allowed: no answer of the kernel is replaced. apt-get install strace',
  );
const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const limits =
  (resources: Record<string, unknown>): Patch =>
  (config) => {
    config.linux.resources = resources;
  };
const LIMITED = limits({ memory: { limit: 32 * MIB, swap: 32 * MIB }, pids: { limit: 100 } });

interface Event {
  type: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the document
  data?: any;
}

/** What the command says, line by line as it comes. */
class Stream {
  readonly events: Event[] = [];
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(orlop: Orlop, prefix: readonly string[], ...args: string[]) {
    const [command = '', ...rest] = [...prefix, ...orlop.words(['events', ...args])];
    this.child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    this.child.stdout?.on('data', (chunk) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      this.events.push(...lines.map((line) => JSON.parse(line)));
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  of(type: string, id?: string): Event[] {
    return this.events.filter((event) => event.type === type && (id === undefined || event.id === id));
  }
}

const containers: string[] = [];

function started(orlop: Orlop, ...patches: Patch[]): string {
  const id = place.id();
  containers.push(id);
  orlop.run(place.bundle(LIMITED, ...patches), id, '-d').ok();
  return id;
}

function stats(orlop: Orlop, id: string) {
  const [line = '', ...others] = orlop.call(['events', '--stats', id]).ok().lines;
  expect(others).toEqual([]);
  const event: Event = JSON.parse(line);
  expect(event).toMatchObject({ type: 'stats', id });
  return { ...event.data, text: line };
}

const WAITING = shell('sleep 1000');
/** Grows until it is killed; the shell lives on. */
const GREEDY_CHILD = shell('while [ ! -e /go ]; do sleep 0.01; done; tail /dev/zero; echo $? > /killed; sleep 1000');
const GREEDY = shell('while [ ! -e /go ]; do sleep 0.01; done; exec tail /dev/zero');
const go = (orlop: Orlop, id: string): void => {
  const { pid } = orlop.state(id);
  expect(spawnSync('touch', [`/proc/${pid}/root/go`]).status).toBe(0);
};

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  const streams: Stream[] = [];

  beforeEach(() => {
    before = snapshot(place, orlop);
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) {
      stream.child.kill('SIGKILL');
      await stream.ended;
    }
    for (const id of containers.splice(0)) orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  function watch(prefix: readonly string[], ...args: string[]): Stream {
    const stream = new Stream(orlop, prefix, ...args);
    streams.push(stream);
    return stream;
  }

  /** The notifiers are there before the first statistics are. */
  async function watching(...ids: string[]): Promise<Stream> {
    const stream = watch([], '--interval', '20ms', ...ids);
    await until('it watches', () => ids.every((id) => stream.of('stats', id).length > 0), 20_000);
    return stream;
  }

  /** The same with an interval that never comes: it has opened what tells of the memory, and sleeps. */
  async function waiting(id: string): Promise<Stream> {
    const stream = watch([], '--interval', '1h', id);
    const of = `/proc/${stream.child.pid}`;
    await until('it waits', () => {
      const found = spawnSync('find', [`${of}/fd`, '-lname', '*/memory.*'], { encoding: 'utf8' }).stdout;
      return found !== '' && readFileSync(`${of}/stat`, 'utf8').includes(') S ');
    });
    return stream;
  }

  function expectError(result: Result, message: RegExp): void {
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('bug of orlop');
    expect(result.status).toBe(1);
    expect(result.stdout).toBe('');
  }

  describe('--stats', () => {
    it('tells what is used, and the limits to the last digit', () => {
      const id = started(orlop, shell('i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 1000 & sleep 1000'));
      const { cpu, memory, pids, text } = stats(orlop, id);
      expect(cpu.usage.total).toBeGreaterThan(1_000_000);
      expect(memory.usage.usage).toBeGreaterThan(10_000);
      expect(memory.usage.limit).toBe(32 * MIB);
      expect(memory.swap.limit).toBe(32 * MIB);
      expect(pids.limit).toBe(100);
      expect(Object.keys(memory.raw).length).toBeGreaterThan(20);
      const id2 = place.id();
      containers.push(id2);
      orlop.run(place.bundle(limits({}), WAITING), id2, '-d').ok();
      expect(stats(orlop, id2).text).toContain(isV2 ? '"limit":18446744073709551615' : '"limit":9223372036854771712');
      expect(text).not.toContain('e+');
    });

    it.each(['created', 'paused'])('of a %s container', (status) => {
      const id = status === 'paused' ? started(orlop, WAITING) : place.id();
      if (status === 'paused') orlop.call(['pause', id]).ok();
      else {
        containers.push(id);
        orlop.create(place.bundle(LIMITED), id).ok();
      }
      expect(orlop.state(id).status).toBe(status);
      expect(stats(orlop, id).pids.current).toBe(1);
    });

    it('of several containers, each once', () => {
      const ids = [started(orlop, WAITING), started(orlop, WAITING)] as [string, string];
      const { lines } = orlop.call(['events', '--stats', ids[1], ids[0], ids[1]]).ok();
      expect(lines.map((line) => JSON.parse(line).id)).toEqual([ids[1], ids[0]]);
    });

    it('without the controllers: what the kernel counts anyway', () => {
      const id = place.id();
      containers.push(id);
      orlop.run(place.bundle(limits({}), WAITING), id, '-d').ok();
      expect(stats(orlop, id).pids.current).toBe(1);
    });

    it('with interfaces of its own, as ip(8) counts them', async () => {
      const id = started(orlop, WAITING);
      expect(stats(orlop, id).network_interfaces).toBe(null);
      const inside = (...words: string[]) =>
        spawnSync('nsenter', ['-t', String(orlop.state(id).pid), '-n', ...words], { encoding: 'utf8' });
      const made = inside('ip', 'link', 'add', 'in0', 'type', 'veth', 'peer', 'name', 'out0');
      if (made.status !== 0) {
        console.warn(`events.test.ts: no interface is made: ${made.stderr ?? made.error}`);
        return;
      }
      for (const name of ['in0', 'out0']) expect(inside('ip', 'link', 'set', name, 'up').status).toBe(0);
      inside('ip', 'address', 'add', '10.11.12.1/24', 'dev', 'in0');
      inside('/usr/bin/busybox', 'arping', '-c', '3', '-w', '4', '-I', 'in0', '10.11.12.2');
      await until(
        'both say the same',
        () => {
          const told: Record<string, unknown>[] = stats(orlop, id).network_interfaces;
          const links = JSON.parse(inside('ip', '-s', '-j', 'link').stdout) as {
            ifname: string;
            stats64: Record<string, Record<string, number>>;
          }[];
          const counted = links
            .filter(({ ifname }) => ifname !== 'lo')
            .map(({ ifname, stats64: { rx, tx } }) => ({
              Name: ifname,
              RxBytes: rx?.bytes,
              RxPackets: rx?.packets,
              RxErrors: rx?.errors,
              RxDropped: rx?.dropped,
              TxBytes: tx?.bytes,
              TxPackets: tx?.packets,
              TxErrors: tx?.errors,
              TxDropped: tx?.dropped,
            }));
          const byName = (a: { Name?: unknown }, b: { Name?: unknown }) => String(a.Name).localeCompare(String(b.Name));
          expect(told.some(({ TxPackets }) => Number(TxPackets) > 0)).toBe(true);
          return JSON.stringify(told.sort(byName)) === JSON.stringify(counted.sort(byName));
        },
        30_000,
      );
    });

    it("with the host's network: none of its interfaces", () => {
      const id = started(orlop, WAITING, (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
      });
      expect(stats(orlop, id).network_interfaces).toBe(null);
    });
  });

  describe('the stream', () => {
    it('comes with each interval and ends with the container', async () => {
      const id = started(orlop, WAITING);
      const from = performance.now();
      const stream = watch([], '--interval', '200ms', id);
      await until('eight statistics', () => stream.of('stats').length >= 8, 20_000);
      expect(performance.now() - from).toBeGreaterThan(1300);
      orlop.call(['kill', id, 'KILL']).ok();
      expect(await stream.ended).toBe(0);
      expect(stream.stderr).toBe('');
      expect(new Set(stream.events.map((event) => `${event.type} ${event.id}`))).toEqual(new Set([`stats ${id}`]));
    });

    it('of several containers, until the last has ended', async () => {
      const ids = [started(orlop, WAITING), started(orlop, WAITING)] as [string, string];
      const stream = await watching(...ids);
      orlop.call(['delete', '--force', ids[0]]).ok();
      // What was written before may be read only now; while both were there they took turns.
      const isAlone = () => stream.events.slice(-4).every((event) => event.id === ids[1]);
      await until('the other goes on alone', isAlone);
      const count = stream.of('stats', ids[0]).length;
      const others = stream.of('stats', ids[1]).length;
      await until('the other goes on', () => stream.of('stats', ids[1]).length > others + 3);
      expect(stream.of('stats', ids[0])).toHaveLength(count);
      orlop.call(['delete', '--force', ids[1]]).ok();
      expect(await stream.ended).toBe(0);
      expect(stream.stderr).toBe('');
    });

    it.skipIf(!hasStrace)('of one that ends while it is asked: the others go on', async () => {
      const ids = [started(orlop, WAITING), started(orlop, WAITING)] as [string, string];
      // As if the process had gone between path and link, which no test can hit at will. The kernel answers EACCES then;
      // but whatever error comes of a process that has gone is none.
      const link = `/proc/${orlop.state(ids[0]).pid}/ns/net`;
      const inject = 'inject=readlink,readlinkat:error=EIO:delay_enter=15000000:when=2';
      const prefix = ['strace', '-f', '--quiet=all', '-o', '/dev/null', '-P', link, '-e', inject];
      const stream = watch(prefix, '--interval', '200ms', ...ids);
      await until('the first statistics', () => stream.of('stats', ids[1]).length > 0);
      await sleep(700); // the second round is held up
      orlop.call(['kill', ids[0], 'KILL']).ok();
      const count = stream.of('stats', ids[1]).length;
      await until('the other goes on', () => stream.of('stats', ids[1]).length > count + 3, 60_000);
      expect(stream.of('stats', ids[0])).toHaveLength(1);
      orlop.call(['kill', ids[1], 'KILL']).ok();
      expect(await stream.ended).toBe(0);
      expect(stream.stderr).toBe('');
    });

    it('of a container that is created, then started, paused and resumed', async () => {
      const id = place.id();
      containers.push(id);
      orlop.create(place.bundle(LIMITED, WAITING), id).ok();
      const stream = await watching(id);
      for (const command of ['start', 'pause', 'resume']) {
        orlop.call([command, id]).ok();
        const count = stream.events.length;
        await until(`more after ${command}`, () => stream.events.length > count + 2);
      }
      orlop.call(['kill', id, 'KILL']).ok();
      expect(await stream.ended).toBe(0);
    });

    it('ends when nobody reads any more, and when it is told to', async () => {
      const id = started(orlop, WAITING);
      const silent = watch([], '--interval', '1h', id);
      await sleep(300);
      silent.child.stdout?.destroy();
      expect(await silent.ended).toBe(0);
      const told = await watching(id);
      told.child.kill('SIGTERM');
      await told.ended;
      expect(told.child.signalCode).toBe('SIGTERM');
    });
  });

  describe('out of memory', () => {
    it('a process of the container: a notice, and the container goes on', async () => {
      const id = started(orlop, GREEDY_CHILD);
      const calm = started(orlop, WAITING);
      const stream = await watching(id, calm);
      expect(stream.of('oom')).toEqual([]);
      go(orlop, id);
      await until('the notice', () => stream.of('oom').length > 0, 20_000);
      expect(stream.of('oom')[0]).toEqual({ type: 'oom', id });
      expect(orlop.state(id).status).toBe('running');
      await sleep(300);
      // Who watches from now on is not told of what was.
      const late = await watching(id);
      await sleep(200);
      expect(late.of('oom')).toEqual([]);
      expect(stream.of('oom', calm)).toEqual([]);
    });

    it('the first process: the notice, and then the end', async () => {
      const id = started(orlop, GREEDY);
      const stream = await waiting(id);
      go(orlop, id);
      expect(await stream.ended).toBe(0);
      expect(stream.events).toContainEqual({ type: 'oom', id });
      expect(orlop.state(id).status).toBe('stopped');
    });
  });

  describe('errors', () => {
    it.each(['0', '0s', '-5s', '5', 's', '1x', '5s5', ''])('--interval "%s"', (interval) => {
      expectError(orlop.call(['events', `--interval=${interval}`, 'any']), /not a duration greater than 0/);
    });

    it('a container that is not there, or has ended', async () => {
      expectError(orlop.call(['events', '--stats', 'no-such']), /container "no-such" does not exist/);
      const id = started(orlop);
      await until('stopped', () => orlop.state(id).status === 'stopped');
      for (const args of [['--stats', id], [id]]) {
        expectError(orlop.call(['events', ...args]), new RegExp(`container "${id}" is stopped, not created`));
      }
      expectError(orlop.call(['events']), /events: 0 arguments/);
    });
  });
});

const hasRunc = spawnSync('runc', ['--version']).status === 0;
if (!hasRunc) console.warn('events.test.ts: runc is missing: nothing is compared. apt-get install runc');

/** Keys that only orlop has where runc is old. */
const ALLOWED: readonly { key: RegExp; reason: string }[] = [
  { key: /^(cpu|memory|blkio)\.psi\./, reason: 'runc 1.2 and newer' },
  { key: /^memory\.(usage|swap)\.max$/, reason: 'memory.peak of version 2: runc 1.3 and newer' },
];

/** `memory.usage.limit number`, for every value; an array is what is in its elements. */
function shape(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => shape(element, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [`${path} ${value === null ? 'null' : typeof value}`];
  const keys = Object.entries(value);
  if (keys.length === 0) return [`${path} {}`];
  return keys.flatMap(([key, field]) => shape(field, path === '' ? key : `${path}.${key}`));
}

describe.skipIf(!hasRunc)('beside runc', () => {
  const orlop = new Orlop(place, fastest());
  const runc = (...args: string[]) =>
    spawnSync('runc', ['--root', place.path('runc'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });

  it('has the same keys and types', async () => {
    // Uses something of everything: processors until they are taken from it, the disk, memory of its own and of files.
    // A filesystem with a major number is on a disk; tmpfs is not, and nothing counts what it does.
    const device = (statSync(place.directory).dev >> 8) & 0xfff ? disk() : '';
    const [major, minor] = device.split(':').map(Number);
    const throttle = device === '' ? [] : [{ major, minor, rate: 1_000_000_000 }];
    const everything = limits({
      memory: { limit: 32 * MIB, swap: 32 * MIB },
      pids: { limit: 100 },
      cpu: { quota: 20_000, period: 100_000 },
      blockIO: { throttleWriteBpsDevice: throttle },
    });
    const work = 'dd if=/dev/zero of=/copy bs=4k count=64 oflag=direct; cat /copy > /dev/null; while :; do :; done';
    const bundle = place.bundle(everything, shell(work), (config) => {
      config.ociVersion = '1.0.2';
    });
    const told: Record<string, string[]> = {};
    const before = snapshot(place, orlop);
    const settled = async (ask: () => string): Promise<string[]> => {
      let keys: string[] = [];
      const late = ['cpu.throttling.throttledTime', ...(device === '' ? [] : ['blkio.ioServicedRecursive[].value'])];
      const wanted = [...late, 'memory.cache'].map((key) => `${key} number`);
      for (let round = 0; round < 100 && !wanted.every((key) => keys.includes(key)); round++) {
        await sleep(200);
        keys = [...new Set(shape((JSON.parse(ask()) as Event).data))].sort();
      }
      expect(keys, 'it has used everything').toEqual(expect.arrayContaining(wanted));
      return keys;
    };
    const theirs = place.id('runc');
    // runc closes no output of the container: a pipe would be held open.
    const run = spawnSync('runc', ['--root', place.path('runc'), 'run', '-d', '-b', bundle.directory, theirs], {
      stdio: 'ignore',
    });
    expect(run.status).toBe(0);
    try {
      told.runc = await settled(() => runc('events', '--stats', theirs).stdout);
    } finally {
      runc('delete', '--force', theirs);
    }
    const ours = place.id();
    orlop.run(bundle, ours, '-d').ok();
    try {
      told.orlop = await settled(() => orlop.call(['events', '--stats', ours]).ok().stdout);
    } finally {
      orlop.call(['delete', '--force', ours]).ok();
    }
    await expectNothingLeft(place, orlop, {
      ...before,
      state: snapshot(place, orlop).state,
      files: snapshot(place, orlop).files,
    });

    // Elsewhere it is chance whether a page of a program had to be read from the disk.
    const chance = device === '' ? [{ key: /^blkio\./ }] : [];
    const isAllowed = (line: string): boolean =>
      [...ALLOWED, ...chance].some(({ key }) => key.test(line.split(' ')[0] ?? ''));
    const onlyIn = (one: string[] = [], other: string[] = []) =>
      one.filter((line) => !other.includes(line) && !isAllowed(line));
    expect(told.runc?.length).toBeGreaterThan(50);
    expect({ runc: onlyIn(told.runc, told.orlop), orlop: onlyIn(told.orlop, told.runc) }).toEqual({
      runc: [],
      orlop: [],
    });
  });
});
