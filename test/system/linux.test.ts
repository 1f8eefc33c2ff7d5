// Real calls on this machine, from both engines: each probe below is bundled once and run by Node and by Bun.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCgroupMounts } from '../../src/linux/facts.ts';
import { until } from './support/orlop.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUN = join(ROOT, 'node_modules/.bin/bun');
const ENGINES = { node: process.execPath, bun: BUN };

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'orlop-linux-'));
  chmodSync(directory, 0o755);
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const MODULES = ['spawn', 'process', 'file', 'socket', 'signal-queue', 'limits', 'poll', 'terminal', 'libc'];
const IMPORTS = MODULES.map(
  (name) => `import * as ${name.replace('-', '_')}_ from ${JSON.stringify(join(ROOT, `src/linux/${name}.ts`))};`,
).join('\n');
const PRELUDE = `${IMPORTS}
import * as fs from 'node:fs';
const linux = { ...spawn_, ...process_, ...file_, ...socket_, ...signal_queue_, ...limits_, ...poll_, ...terminal_, ...libc_ };
const openFds = () => fs.readdirSync('/proc/self/fd').length;
const answer = (value) => fs.writeSync(1, JSON.stringify(value) + '\\n');
`;

/** A program around `body`, which calls answer() with what the test is to see. */
function probe(name: string, body: string): string {
  const source = join(directory, `${name}.ts`);
  writeFileSync(source, `${PRELUDE}${body}`);
  const bundle = join(directory, `${name}.mjs`);
  const { status, stderr } = spawnSync(BUN, ['build', source, '--target=node', `--outfile=${bundle}`]);
  if (status !== 0) throw new Error(String(stderr));
  return bundle;
}

/** Through a shell, so that descriptors can be inherited: `7</dev/null`. */
function run(engine: string, bundle: string, redirections = ''): unknown {
  const result = spawnSync('/bin/sh', ['-c', `exec "$0" "$1" ${redirections}`, engine, bundle], { timeout: 20_000 });
  if (result.status !== 0) throw new Error(`status ${result.status} ${result.signal}: ${result.stderr}`);
  return JSON.parse(result.stdout.toString());
}

describe.each(Object.entries(ENGINES))('on %s', (name, engine) => {
  it('spawns a program with exactly the descriptors and signals that were listed', () => {
    const bundle = probe(
      `spawn-${name}`,
      `
      const before = openFds();
      const [host, child] = linux.socketpair();
      const script = 'ls /proc/$$/fd; readlink /proc/$$/fd/3; tr "\\\\0" ";" < /proc/$$/environ';
      const out = linux.memfdCreate('out');
      const reader = fs.openSync('/dev/null', 'r');
      const before2 = openFds();
      const pid = linux.spawn({
        file: '/bin/sh', argv: ['sh', '-c', script], env: ['PATH=/bin:/usr/bin', 'ONLY=this'],
        // Two swap their numbers.
        fds: [[reader, 0], [out, 1], [2, 2], [host, child], [child, host], [reader, 3]],
      });
      const { exit } = linux.waitpid(pid);
      const lines = fs.readFileSync('/proc/self/fd/' + out, 'utf8').split('\\n');
      // Its own process: a shell blocks signals while it waits.
      const status = linux.memfdCreate('status');
      const argv = ['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status'];
      linux.waitpid(linux.spawn({ file: '/bin/grep', argv, env: [], fds: [[status, 1]] }));
      const signals = fs.readFileSync('/proc/self/fd/' + status, 'utf8').trim().split('\\n');
      linux.close(status);
      const leaked = openFds() - before2;
      for (const fd of [host, child, out, reader]) linux.close(fd);
      answer({ exit, leaked, total: openFds() - before, lines, signals, wanted: [0, 1, 2, 3, host, child] });
      `,
    );
    const seen = run(engine, bundle, '7</dev/null 9</etc/passwd 53</dev/null') as {
      exit: unknown;
      leaked: number;
      total: number;
      lines: string[];
      signals: string[];
      wanted: number[];
    };
    expect(seen).toMatchObject({ exit: { code: 0 }, leaked: 0, total: 0 });
    const numbers = seen.lines.filter((line) => /^\d+$/.test(line)).map(Number);
    expect(numbers.sort((a, b) => a - b)).toEqual([...new Set(seen.wanted)].sort((a, b) => a - b));
    expect(seen.lines).toContain('/dev/null');
    expect(seen.signals).toEqual(['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000']);
    expect(seen.lines.at(-1)?.split(';').filter(Boolean).sort()).toEqual(['ONLY=this', 'PATH=/bin:/usr/bin']);
  });

  it('runs a sealed memfd, which the program does not keep', () => {
    const bundle = probe(
      `memfd-${name}`,
      `
      const image = linux.sealedMemfd('image', fs.readFileSync('/bin/ls'));
      const out = linux.memfdCreate('out');
      const pid = linux.spawn({ file: image, argv: ['ls', '/proc/self/fd'], env: [], fds: [[out, 1], [2, 2]] });
      const { exit } = linux.waitpid(pid);
      let sealed = '';
      try { linux.write(image, 'x'); } catch (error) { sealed = error.message; }
      answer({ exit, sealed, fds: fs.readFileSync('/proc/self/fd/' + out, 'utf8').trim().split('\\n') });
      `,
    );
    // 0 is the directory that ls itself has open.
    expect(run(engine, bundle)).toMatchObject({
      exit: { code: 0 },
      sealed: expect.stringMatching(/^write\(\d+, …, 1\) failed: EPERM \(Operation not permitted\)$/),
      fds: ['0', '1', '2'],
    });
  });

  it('passes records and descriptors', () => {
    const bundle = probe(
      `socket-${name}`,
      `
      const before = openFds();
      const [a, b] = linux.socketpair();
      linux.send(a, 'record');
      linux.send(a, Buffer.from([1, 2]), 0);
      const first = linux.receive(b, 64);
      const second = linux.receive(b, 64);
      const isCloseOnExec = linux.isCloseOnExec(second.fd);
      linux.close(second.fd);
      linux.send(a, 'too long');
      let long = '';
      try { linux.receive(b, 3); } catch (error) { long = error.message; }
      const quiet = linux.poll([{ fd: b, events: linux.POLLIN }], 0);
      linux.close(a);
      const end = linux.receive(b, 64).bytes.length;
      let pipe = '';
      try { linux.send(b, 'x'); } catch (error) { pipe = error.errno; }
      linux.close(b);
      answer({ first: first.bytes.toString(), hasFd: first.fd !== undefined, second: [...second.bytes], isCloseOnExec, long, quiet, end, pipe, leaked: openFds() - before });
      `,
    );
    expect(run(engine, bundle)).toEqual({
      first: 'record',
      hasFd: false,
      second: [1, 2],
      isCloseOnExec: true,
      long: expect.stringContaining('the record was longer than 3 bytes'),
      quiet: [0],
      end: 0,
      pipe: 'EPIPE',
      leaked: 0,
    });
  });

  it('says the call, its arguments and the errno', () => {
    const bundle = probe(
      `errors-${name}`,
      `
      const before = openFds();
      const messages = [
        () => linux.openat2(-100, '/nowhere', 0, linux.RESOLVE_NO_SYMLINKS),
        () => linux.kill(-999999, 15),
        () => linux.flock(999, linux.LOCK_EX | linux.LOCK_NB),
        () => linux.connect('/nowhere/' + 'x'.repeat(20)),
        () => linux.connect('/nowhere/' + 'x'.repeat(200)),
        () => linux.spawn({ file: '/nowhere', argv: ['a', 'b c'], env: [], fds: [] }),
        () => linux.spawn({ file: '/bin/true', argv: ['a\\0b'], env: [], fds: [] }),
        () => linux.waitpid(1),
        () => linux.getWindowSize(999),
        () => linux.setLimit(0, 999, { soft: 1n, hard: 2n }),
      ].map((call) => { try { call(); return 'no error'; } catch (error) { return error.code + ' | ' + error.message; } });
      answer({ messages, leaked: openFds() - before });
      `,
    );
    const { messages, leaked } = run(engine, bundle) as { messages: string[]; leaked: number };
    expect(leaked).toBe(0);
    expect(messages).toEqual(
      [
        'linux/openat2 | openat2(AT_FDCWD, "/nowhere", {flags=0, mode=00, resolve=RESOLVE_NO_SYMLINKS}) failed: ENOENT (No such file or directory)',
        'linux/kill | kill(-999999, SIGTERM) failed: ESRCH (No such process)',
        'linux/flock | flock(999, LOCK_NB|LOCK_EX) failed: EBADF (Bad file descriptor)',
        `linux/connect | connect(3, "/nowhere/${'x'.repeat(20)}") failed: ENOENT (No such file or directory)`,
        expect.stringContaining('ENOENT'),
        'linux/posix_spawn | posix_spawn("/nowhere", ["a","b c"]) failed: ENOENT (No such file or directory)',
        'usage/invalid | path, argument or environment contains a NUL byte: "a\\u0000b"',
        'linux/waitpid | waitpid(1, &status, 0) failed: ECHILD (No child processes)',
        'linux/ioctl | ioctl(999, TIOCGWINSZ, &size) failed: EBADF (Bad file descriptor)',
        'linux/prlimit64 | prlimit64(0, 999, {soft=1, hard=2}, NULL) failed: EINVAL (Invalid argument)',
      ].map((message) => (typeof message === 'string' ? message.replace('connect(3', expectFd(messages)) : message)),
    );
  });

  it('waits for descriptors while the event loop goes on', async () => {
    const bundle = probe(
      `poll-${name}`,
      `
      const [reader, writer] = linux.pipe();
      let turns = 0;
      const timer = setInterval(() => { if (++turns === 3) linux.write(writer, 'now'); }, 5);
      const happened = [];
      await linux.whenAny([
        { fd: reader, events: linux.POLLIN, act: (what) => happened.push(['reader', what]) },
        { fd: 0, events: 0, act: () => happened.push('nothing was asked') },
      ]);
      clearInterval(timer);
      answer({ goesOn: turns >= 3, happened, read: String(linux.readSome(reader, 10)), more: linux.readSome(reader, 10) === undefined });
      `,
    );
    expect(run(engine, bundle)).toEqual({ goesOn: true, happened: [['reader', 1]], read: 'now', more: true });
  });

  const QUEUE = `
    const queue = linux.catchSignals(50);
    const alive = setInterval(() => {}, 1000);
    fs.writeSync(2, 'ready');
    const seen = [];
    const isEnough = () => END;
    while (!isEnough()) {
      await linux.whenAny([{ fd: queue.fd, events: linux.POLLIN, act: () => seen.push(...queue.take()) }]);
    }
    clearInterval(alive);`;

  it('queues every signal that can be caught, in the order in which they came', async () => {
    const bundle = probe(
      `signals-${name}`,
      QUEUE.replace('END', 'answer({ fd: queue.fd, seen }) && seen.includes(15)'),
    );
    const child = spawn(engine, [bundle], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = new Promise((resolve) => child.once('close', resolve));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await new Promise((resolve) => child.stderr.once('data', resolve));
    const numbers = Array.from({ length: 64 }, (_, index) => index + 1);
    const uncaught = [4, 5, 7, 8, 9, 11, 15, 19, 21, 22, 23, 31, 32, 33];
    const sent = [...numbers.filter((number) => !uncaught.includes(number)), 15];
    const told = (): { fd: number; seen: number[] } => JSON.parse(output.split('\n').at(-2) ?? '{"seen":[]}');
    for (const [index, number] of sent.entries()) {
      process.kill(child.pid as number, number);
      // Of those that wait the kernel hands over the lowest first, and a stop signal takes a SIGCONT back.
      await until(`signal ${number} is seen`, () => told().seen.length > index);
    }
    expect(await closed).toBe(0);
    expect(told()).toEqual({ fd: 50, seen: sent });
  });

  it('queues each of many, from whatever thread', async () => {
    const bundle = probe(
      `storm-${name}`,
      `
      // One only: Bun has as many threads as there are processors, and the queue is waited for on one.
      const other = linux.whenAny([{ fd: linux.pipe()[0], events: linux.POLLIN }]);
      ${QUEUE.replace('END', 'seen.length >= 2000')} answer(seen.every((signal) => signal === 40));
      linux.exitNow(0);`,
    );
    const child = spawn(engine, [bundle], { stdio: ['ignore', 'pipe', 'pipe'] });
    const answer = new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    for (let count = 0; count < 2000; count++) process.kill(child.pid as number, 40);
    expect(String(await answer)).toBe('true\n');
  });

  it('leaves the engine what it raises for itself', () => {
    const bundle = probe(`abort-${name}`, `linux.catchSignals(); linux.declare('void abort()')();`);
    const { signal, stderr } = spawnSync(engine, [bundle], { timeout: 20_000 });
    expect(signal).toBe('SIGABRT');
    if (name === 'bun') expect(String(stderr)).toContain('abort() called');
  });

  it('knows the limit of open files that it was started with', () => {
    const bundle = probe(
      `limits-${name}`,
      `const { soft, hard } = linux.originalNofile(); answer({ soft: String(soft), hard: String(hard) });`,
    );
    // The shell that sets the limits must stay the parent.
    const script = 'ulimit -Sn 600; ulimit -Hn 900; "$0" "$1"; exit $?';
    const { stdout } = spawnSync('/bin/sh', ['-c', script, engine, bundle]);
    expect(JSON.parse(String(stdout))).toEqual({ soft: '600', hard: '900' });
  });
});

/** The number of the socket differs between engines, and is not the point. */
function expectFd(messages: string[]): string {
  return /connect\(\d+/.exec(messages[3] ?? '')?.[0] ?? 'connect(3';
}

describe('the executable', () => {
  let executable: string;

  beforeAll(() => {
    const entry = join(directory, 'entry.ts');
    const file = JSON.stringify(join(ROOT, 'src/linux/libc.ts'));
    writeFileSync(
      entry,
      `import { declare } from ${file};
       try { console.log(declare('int getpid()')() === process.pid, process.env.FROM_DOTENV); }
       catch (error) { console.log(error.code, '|', error.message, '|', error.hint); process.exitCode = 1; }`,
    );
    executable = join(directory, 'executable');
    const build = spawnSync(BUN, ['src/build-executable.ts', `--entry=${entry}`, `--outfile=${executable}`], {
      cwd: ROOT,
    });
    if (build.status !== 0) throw new Error(String(build.stderr));
  }, 60_000);

  const nobody = (cwd: string, cache: string) =>
    spawnSync(executable, [], { cwd, uid: 65534, gid: 65534, env: { XDG_CACHE_HOME: cache } });

  function cacheOfNobody(name: string): string {
    const cache = join(directory, name);
    mkdirSync(cache);
    chownSync(cache, 65534, 65534);
    return cache;
  }

  it('unpacks its native part once, under its own directory and not in /tmp', () => {
    const cache = cacheOfNobody('cache');
    const temporary = join(directory, 'tmp');
    mkdirSync(temporary);
    chmodSync(temporary, 0o777);
    const env = { XDG_CACHE_HOME: cache, TMPDIR: temporary, BUN_TMPDIR: temporary };
    for (let start = 0; start < 2; start++) {
      const { stdout } = spawnSync(executable, [], { cwd: '/', uid: 65534, gid: 65534, env });
      expect(String(stdout)).toBe('true undefined\n');
    }
    expect(readdirSync(join(cache, 'orlop'))).toEqual([expect.stringMatching(/^koffi-[\d.]+-[0-9a-f]{32}\.node$/)]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('replaces a native part that a crash has left short', () => {
    const cache = cacheOfNobody('short');
    nobody('/', cache);
    const [name] = readdirSync(join(cache, 'orlop'));
    const path = join(cache, 'orlop', name as string);
    chmodSync(path, 0o755);
    writeFileSync(path, '');
    expect(String(nobody('/', cache).stdout)).toBe('true undefined\n');
  });

  it('refuses a directory or a file that others could have written', () => {
    const cache = cacheOfNobody('unsafe');
    nobody('/', cache);
    const [name] = readdirSync(join(cache, 'orlop'));
    const path = join(cache, 'orlop', name as string);
    chmodSync(join(cache, 'orlop'), 0o770);
    expect(String(nobody('/', cache).stdout)).toMatch(/^linux\/dlopen \| .*orlop is writable for others \(mode 770\)/);
    chmodSync(join(cache, 'orlop'), 0o700);
    chmodSync(path, 0o757);
    expect(String(nobody('/', cache).stdout)).toMatch(/\.node is writable for others \(mode 757\)/);
    chmodSync(path, 0o555);
    chownSync(path, 12345, 12345);
    expect(String(nobody('/', cache).stdout)).toMatch(/\.node belongs to uid 12345 \| set XDG_CACHE_HOME/);
    rmSync(path);
    symlinkSync('/etc/passwd', path);
    expect(String(nobody('/', cache).stdout)).toMatch(/\.node is not a regular file/);
  });

  it('takes no orders from files in the working directory', () => {
    const place = join(directory, 'place');
    mkdirSync(place);
    writeFileSync(join(place, 'bunfig.toml'), 'preload = ["./preload.ts"]\n');
    writeFileSync(join(place, 'preload.ts'), 'console.log("preloaded");\n');
    writeFileSync(join(place, '.env'), 'FROM_DOTENV=1\n');
    writeFileSync(join(place, 'package.json'), '{ "type": "commonjs" }\n');
    expect(String(nobody(place, cacheOfNobody('cwd')).stdout)).toBe('true undefined\n');
  });
});

it('finds the cgroup hierarchies in mountinfo', () => {
  const lines = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/with\\040space rw - cgroup cgroup rw,cpuset,clone_children',
    '42 31 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    '99 23 0:29 / /var/chroot/sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct',
  ];
  expect(parseCgroupMounts(lines.join('\n'))).toEqual({
    hierarchies: [
      { mount: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
      { mount: '/sys/fs/cgroup/systemd', controllers: [], name: 'systemd' },
      { mount: '/sys/fs/cgroup/with space', controllers: ['cpuset'] },
    ],
    unified: '/sys/fs/cgroup/unified',
  });
});
