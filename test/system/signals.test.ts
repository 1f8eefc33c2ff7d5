// What a signal to orlop does while it has a container or a process in the foreground.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setChildSubreaper, waitpid } from '../../src/linux/process.ts';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('signals');
afterAll(() => place.remove());

const WITHOUT_PID_NAMESPACE: Patch = (config) => {
  config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
};
const SLEEPER = shell('trap "exit 0" TERM; while :; do sleep 0.05; done');
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Not the kernel's own two, nor those of the C library, of a fault, of a child, of a socket or of job control. */
const FORWARDED = Array.from({ length: 64 }, (_, index) => index + 1).filter(
  (signal) => ![9, 19, 32, 33, 4, 5, 7, 8, 11, 31, 17, 23, 21, 22].includes(signal),
);

/** The shell has children of its own, which send SIGCHLD; `last` ends it. */
const recorder = (signals: number[], last: number): string =>
  `for i in ${signals.join(' ')}; do trap "echo $i >> /got" $i; done; trap "echo ${last} >> /got; exit 3" ${last}; ` +
  'touch /ready; while :; do sleep 0.01; done';

function statusOf(pid: number, field: string): string {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;

  beforeEach(() => {
    id = place.id();
    before = snapshot(place, orlop);
  });

  afterEach(async () => {
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  const run = (bundle: Bundle, ...options: string[]): { pid: number; result: Promise<Result> } =>
    orlop.launch(['run', '-b', bundle.directory, ...options, id]);

  async function start(
    command: 'run' | 'exec',
    line: string,
    ...patches: Patch[]
  ): Promise<{ pid: number; result: Promise<Result>; rootfs: string }> {
    const bundle = place.bundle(command === 'run' ? shell(line) : SLEEPER, ...patches);
    if (command === 'exec') orlop.run(bundle, id, '--detach').ok();
    const launched = command === 'run' ? run(bundle) : orlop.launch(['exec', id, '/bin/sh', '-c', line]);
    await until('it is ready', () => existsSync(join(bundle.rootfs, 'ready')));
    return { ...launched, rootfs: bundle.rootfs };
  }

  describe.each(['run', 'exec'] as const)('%s', (command) => {
    it('passes every signal on, real-time signals too', async () => {
      const signals = FORWARDED.filter((signal) => signal !== 15);
      const { pid, result, rootfs } = await start(command, recorder(signals, 15));
      const got = (): number[] =>
        existsSync(join(rootfs, 'got')) ? readFileSync(join(rootfs, 'got'), 'utf8').trim().split('\n').map(Number) : [];
      for (const signal of [...signals, 15]) {
        process.kill(pid, signal);
        await until(`signal ${signal} arrives`, () => got().includes(signal));
      }
      expect(got()).toEqual([...signals, 15]);
      expect((await result).status).toBe(3);
    });

    it('keeps SIGCHLD and SIGURG to itself', async () => {
      const { pid, result, rootfs } = await start(command, recorder([23], 10));
      for (const signal of [17, 23]) process.kill(pid, signal);
      await sleep(100);
      process.kill(pid, 10);
      expect((await result).status).toBe(3);
      expect(readFileSync(join(rootfs, 'got'), 'utf8')).toBe('10\n');
    });

    it.each([21, 22])('is stopped by signal %i as a job of the background, and goes on', async (signal) => {
      const { pid, result } = await start(command, recorder([], 10));
      process.kill(pid, signal);
      await until('it is stopped', () => statusOf(pid, 'State').startsWith('T'));
      process.kill(pid, 10);
      await sleep(100);
      expect(statusOf(pid, 'State')).toMatch(/^T/);
      process.kill(pid, 'SIGCONT');
      expect((await result).status).toBe(3);
    });

    it('ends with what a signal ended', async () => {
      const { pid, result } = await start(command, 'touch /ready; kill -40 $$; exec sleep 1000', WITHOUT_PID_NAMESPACE);
      expect((await result).status).toBe(128 + 40);
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    });
  });

  it.each([4, 5, 7, 8, 11, 31])(
    'signal %i, which says that orlop is broken, ends it and not the container',
    async (signal) => {
      const { pid, result } = await start('run', 'trap "exit 0" TERM; touch /ready; while :; do sleep 0.05; done');
      process.kill(pid, signal);
      const { status } = await result;
      expect(status).not.toBe(0);
      expect(orlop.state(id).status).toBe('running');
      orlop.call(['kill', id]).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      orlop.call(['delete', id]).ok();
    },
  );

  describe('a signal that comes', () => {
    /** A hook that sends signals to its parent, which is orlop. */
    const sending = (hook: string, ...signals: number[]): Patch => {
      const commands = signals.map((signal) => `kill -${signal} $PPID`).join('; ');
      return (config) => {
        config.hooks = { [hook]: [{ path: '/bin/sh', args: ['sh', '-c', `cat > /dev/null; ${commands}`] }] };
      };
    };

    it.each([
      ['while the container is created', 'createRuntime', 15],
      ['while the container is created', 'createRuntime', 42],
      ['while the container is started', 'poststart', 1],
    ])('%s (%s, %i) waits for it', async (_, hook, signal) => {
      // Outside a pid namespace of its own, the first process has the default action of every signal.
      const bundle = place.bundle(shell('exec sleep 1000'), WITHOUT_PID_NAMESPACE, sending(hook, signal));
      expect((await run(bundle).result).status).toBe(128 + signal);
      expect(orlop.call(['list', '-q']).stdout).toBe('');
    });

    it('while the container is deleted changes nothing', async () => {
      const bundle = place.bundle(shell('exit 4'), sending('poststop', 15, 1, 2, 42));
      expect((await run(bundle).result).status).toBe(4);
    });

    it('whenever it comes leaves nothing', async () => {
      const bundle = place.bundle(shell('exec sleep 1000'), WITHOUT_PID_NAMESPACE);
      const ends = new Set<string | number | null>();
      for (let round = 0; round < 30; round++) {
        const { pid, result } = run(bundle);
        // As long as the engine boots, orlop has made nothing, and has its default action too.
        await sleep(2 * round);
        process.kill(pid, 'SIGTERM');
        const { status, signal } = await result;
        ends.add(status ?? signal);
        expect(orlop.call(['list', '-q']).stdout).toBe('');
      }
      for (const end of ends) expect([143, 'SIGTERM']).toContain(end);
    });
  });

  it('SIGWINCH is for the container, if it has no terminal', async () => {
    const { pid, result } = await start('run', recorder([], 28));
    process.kill(pid, 28);
    // With a terminal it is the window that changes: pty.test.ts.
    expect((await result).status).toBe(3);
  });

  describe('orphans', () => {
    /** A process whose parent ends, and which itself ends when /end is there. */
    const ORPHAN = 'sh -c "(while ! test -e /end; do sleep 0.02; done) & echo \\$! > /orphan"; touch /ready; ';
    const withOrphan = `${ORPHAN} while ! test -e /over; do sleep 0.02; done; exit 3`;
    const end = (rootfs: string, name: string): void => writeFileSync(join(rootfs, name), '');
    const childrenOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const orphanOf = (rootfs: string): number => Number(readFileSync(join(rootfs, 'orphan'), 'utf8'));

    it.each(['run', 'exec'] as const)('of %s are waited for', async (command) => {
      const { pid, result, rootfs } = await start(command, withOrphan, WITHOUT_PID_NAMESPACE);
      const orphan = orphanOf(rootfs);
      await until('it is an orphan of orlop', () => statusOf(orphan, 'PPid') === String(pid));
      end(rootfs, 'end');
      await until('it is gone', () => !existsSync(`/proc/${orphan}`));
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      end(rootfs, 'over');
      expect((await result).status).toBe(3);
    });

    it('of run --no-subreaper go to the next one', async () => {
      setChildSubreaper(true);
      try {
        const bundle = place.bundle(shell(withOrphan), WITHOUT_PID_NAMESPACE);
        const { result } = run(bundle, '--no-subreaper');
        await until('it is ready', () => existsSync(join(bundle.rootfs, 'ready')));
        const orphan = orphanOf(bundle.rootfs);
        await until('it is an orphan of the test', () => statusOf(orphan, 'PPid') === String(process.pid));
        end(bundle.rootfs, 'end');
        expect(waitpid(orphan)).toEqual({ pid: orphan, exit: { code: 0 } });
        end(bundle.rootfs, 'over');
        expect((await result).status).toBe(3);
      } finally {
        setChildSubreaper(false);
      }
    });

    it('in a pid namespace are those of its first process', async () => {
      const { pid, result, rootfs } = await start('run', withOrphan);
      expect(childrenOf(pid)).toBe(String(orlop.state(id).pid));
      end(rootfs, 'end');
      end(rootfs, 'over');
      expect((await result).status).toBe(3);
    });

    it('many of them, that end at once', async () => {
      const orphans = 'for i in $(seq 50); do sh -c "(exec sleep 0.3) &"; done; touch /ready; ';
      const line = `${orphans} while ! test -e /over; do sleep 0.02; done; exit 3`;
      const { pid, result, rootfs } = await start('run', line, WITHOUT_PID_NAMESPACE);
      const first = String(orlop.state(id).pid);
      await until('none is left, dead or alive', () => childrenOf(pid) === first);
      end(rootfs, 'over');
      expect((await result).status).toBe(3);
    });
  });

  describe('run --keep', () => {
    it('leaves what can be looked at, and is deleted once', async () => {
      const bundle = place.bundle(shell('exit 4'));
      expect((await run(bundle, '--keep').result).status).toBe(4);
      expect(orlop.state(id)).toMatchObject({ status: 'stopped', pid: 0, bundle: bundle.directory });
      expect((await run(bundle).result).stderr).toContain('already exists');
      expect(orlop.call(['start', id]).stderr).toContain('is stopped, not created');
      expect(orlop.call(['exec', id, 'true']).stderr).toContain('is stopped, not running');
      orlop.call(['delete', id]).ok();
      expect((await run(bundle).result).status).toBe(4);
    });

    it('runs what is to follow the end when the container is deleted', async () => {
      const bundle = place.bundle(shell('exit 4'), (config) => {
        config.hooks = { poststop: [{ path: '/bin/touch', args: ['touch', place.path(`${id}.poststop`)] }] };
      });
      expect((await run(bundle, '--keep').result).status).toBe(4);
      expect(existsSync(place.path(`${id}.poststop`))).toBe(false);
      orlop.call(['delete', id]).ok();
      expect(existsSync(place.path(`${id}.poststop`))).toBe(true);
    });
  });
});
