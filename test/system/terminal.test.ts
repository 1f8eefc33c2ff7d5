// The terminal of a container without anybody at it: --console-socket, and what takes its place.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close } from '../../src/linux/file.ts';
import { bindDatagram } from '../../src/linux/socket.ts';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { ConsoleSocket } from './support/console-socket.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('terminal');
afterAll(() => place.remove());

const TERMINAL: Patch = (config) => {
  config.process.terminal = true;
};
const SLEEPER = shell('trap "exit 0" TERM; while :; do sleep 0.05; done');

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;
  let path: string;

  beforeEach(() => {
    id = place.id();
    path = place.path(`${id}.sock`);
    before = snapshot(place, orlop);
  });

  afterEach(async () => {
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  const isStopped = () => until('it is stopped', () => orlop.state(id).status === 'stopped');

  describe.each(['create', 'run --detach', 'run', 'exec', 'exec --detach'])('%s', (command) => {
    const isExec = command.startsWith('exec');

    /** Runs `line`: start follows on create, and exec enters a container that has no terminal. */
    function call(line: string, options: string[], hasTerminal = true): { bundle: Bundle; result: Promise<Result> } {
      const bundle = isExec
        ? place.bundle(SLEEPER)
        : place.bundle(shell(line), TERMINAL, (config) => {
            config.process.terminal = hasTerminal;
            config.process.consoleSize = { height: 11, width: 12 };
          });
      if (!isExec) return { bundle, result: launch(['-b', bundle.directory, ...options, id]) };
      orlop.run(bundle, id, '--detach').ok();
      const tty = hasTerminal ? ['--tty'] : [];
      return { bundle, result: launch([...tty, ...options, id, '/bin/sh', '-c', line]) };
    }

    async function launch(args: string[]): Promise<Result> {
      const result = await orlop.launch([...command.split(' '), ...args]).result;
      if (command !== 'create' || result.status !== 0) return result;
      return orlop.call(['start', id]);
    }

    /** Nothing is there that was not before: exec's container runs on. */
    async function expectRefused(result: Result, message: string | RegExp): Promise<void> {
      expect(result.stderr).toMatch(message);
      expect(result.stderr).not.toContain('bug of orlop');
      expect(result.status).toBe(isExec ? 255 : 1);
      expect(orlop.call(['list', '-q']).stdout).toBe(isExec ? `${id}\n` : '');
      const pids = (): number[] => JSON.parse(orlop.call(['ps', '-f', 'json', id]).stdout);
      if (isExec) await until('only the shell and its sleep are there', () => pids().length <= 2);
    }

    it('hands the terminal to --console-socket', async () => {
      const socket = new ConsoleSocket(path);
      const { result } = call('stty size; echo ready; read word; echo "got $word"', ['--console-socket', path]);
      const { screen, text } = await socket.take();
      try {
        expect(text).toBe('/dev/ptmx');
        await screen.shows('ready');
        expect(screen.text).toContain(isExec ? 'stty: standard input' : '11 12\n');
        await screen.type('hello\n');
        await screen.shows('got hello');
        expect((await result).status).toBe(0);
      } finally {
        screen.hangUp();
        socket.close();
      }
      if (!isExec && command !== 'run') await isStopped();
    });

    it('goes on when who has the terminal hangs up', async () => {
      const socket = new ConsoleSocket(path);
      const { bundle, result } = call('sleep 0.2; cat; echo over > /over', ['--console-socket', path]);
      await socket.refuse();
      socket.close();
      await result;
      // The first process of a namespace is not ended by a SIGHUP that it does not expect.
      if (!isExec) await until('it is over', () => existsSync(join(bundle.rootfs, 'over')));
      if (!isExec && command !== 'run') await isStopped();
    });

    it.each([
      ['nothing is', () => undefined, 'ENOENT'],
      ['a file is', (at: string) => writeFileSync(at, ''), 'ECONNREFUSED'],
      ['nobody listens', (at: string) => new ConsoleSocket(at).abandon(), 'ECONNREFUSED'],
      ['a datagram socket is', (at: string) => close(bindDatagram(at)), 'ECONNREFUSED|EPROTOTYPE'],
    ])('fails where %s', async (_, make, errno) => {
      make(path);
      const { result } = call('true', ['--console-socket', path]);
      await expectRefused(await result, new RegExp(`--console-socket: connect\\(.*"${path}"\\) failed: (${errno}) `));
    });

    it('refuses a socket for a process without a terminal', async () => {
      const socket = new ConsoleSocket(path);
      const { result } = call('true', ['--console-socket', path], false);
      await expectRefused(await result, '--console-socket: the process has no terminal');
      expect(socket.isCalled).toBe(false);
      socket.close();
    });

    it.skipIf(command === 'run' || command === 'exec')('refuses a terminal that nobody takes', async () => {
      const { result } = call('true', []);
      await expectRefused(
        await result,
        /process.terminal is true, and nobody takes the terminal[\s\S]*--console-socket/,
      );
      if (!isExec) expect((await result).stderr).toContain('/process/terminal');
    });
  });

  it('a container in the foreground has a terminal, though its caller has none', () => {
    const bundle = place.bundle(shell('stty size; tty; read word; echo "got $word"; exit 5'), TERMINAL, (config) => {
      config.process.consoleSize = { height: 11, width: 12 };
    });
    const result = orlop.call(['run', '-b', bundle.directory, id], { input: 'hello\n' });
    const lines = result.stdout.trimEnd().split('\r\n');
    // The terminal shows what is typed as soon as it comes.
    expect(lines.filter((line) => line !== 'hello')).toEqual(['11 12', '/dev/pts/0', 'got hello']);
    expect(result.status).toBe(5);
  });
});
