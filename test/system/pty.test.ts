// A person at a terminal: `run` and `exec --tty` in the foreground, as the program of a real terminal.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';
import { Pty, type Session } from './support/pty.ts';

const place = new Workplace('pty');
afterAll(() => place.remove());

const TERMINAL: Patch = (config) => {
  config.process.terminal = true;
};
const SLEEPER = shell('trap "exit 0" TERM; while :; do sleep 0.05; done');
/** Does nothing, but runs its traps. */
const WAITING = 'echo ready; while :; do sleep 0.05; done';

const stateOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '';
};

describe.each(builds().flatMap((build) => (['run', 'exec'] as const).map((command) => ({ ...build, command }))))(
  '$name: $command',
  ({ command, ...build }) => {
    const orlop = new Orlop(place, build);
    let before: Snapshot;
    let pty: Pty;
    let id: string;
    let bundle: Bundle;

    beforeEach(() => {
      before = snapshot(place, orlop);
      pty = new Pty(33, 77);
      id = place.id();
    });

    afterEach(async () => {
      // `run` deletes by itself.
      if (!pty.end() || command === 'exec') orlop.call(['delete', '--force', id]).ok();
      await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    });

    /** The words of a command that runs `line` in a container with a terminal. */
    function words(line: string, ...patches: Patch[]): string[] {
      if (command === 'run') {
        bundle = place.bundle(shell(line), TERMINAL, ...patches);
        return orlop.words(['run', '-b', bundle.directory, id]);
      }
      bundle = place.bundle(SLEEPER, ...patches);
      orlop.run(bundle, id, '--detach').ok();
      return orlop.words(['exec', '--tty', id, '/bin/sh', '-c', line]);
    }

    const open = (line: string, ...patches: Patch[]): Session => pty.start(words(line, ...patches));
    const file = (name: string): string => readFileSync(join(bundle.rootfs, name), 'utf8');
    const isThere = (name: string): boolean => existsSync(join(bundle.rootfs, name));

    describe('keys', () => {
      it('arrive as they are typed, all of them', async () => {
        const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        const { status } = open('stty raw -echo; echo ready; head -c 256 > /typed; echo done');
        await pty.shows('ready');
        await pty.type(every);
        await pty.shows('done');
        expect(readFileSync(join(bundle.rootfs, 'typed'))).toEqual(every);
        expect(await status).toBe(0);
      });

      it.each([
        ['Ctrl-C', '\x03', 'INT'],
        ['Ctrl-\\', '\x1c', 'QUIT'],
        ['Ctrl-Z', '\x1a', 'TSTP'],
      ])('%s is a signal of the inner terminal to what is in its foreground', async (_, key, signal) => {
        const { status, pid } = open(`trap "echo got ${signal}; exit 7" ${signal}; ${WAITING}`);
        await pty.shows('ready');
        await pty.type(key);
        await pty.shows(`got ${signal}`);
        expect(await status).toBe(7);
        expect(pid).toBeGreaterThan(0);
      });

      it('Ctrl-C ends the program in the foreground, and not the shell that waits for it', async () => {
        const { status } = open(
          'trap "echo caught" INT; sh -c "echo ready; exec sleep 1000"; echo "it ended with $?"; exit 4',
        );
        await pty.shows('ready');
        await pty.type('\x03');
        expect(await status).toBe(4);
        expect(pty.text).toContain('it ended with 130');
      });

      it('Ctrl-D is the end of what is typed', async () => {
        const { status } = open('echo ready; cat; echo end; exit 5');
        await pty.shows('ready');
        await pty.type('a word\n\x04');
        await pty.shows('end\n');
        expect(await status).toBe(5);
        // Echoed once, by the inner terminal, and written once.
        expect(pty.text).toBe('ready\na word\na word\nend\n');
      });

      it('wait for a container that does not read yet', async () => {
        const line = `${'x'.repeat(99)}\n`.repeat(2000);
        const { status } = open('stty -echo; echo ready; sleep 0.5; head -c 200000 | md5sum; exit 3');
        await pty.shows('ready');
        await pty.type(line);
        await pty.shows(/[0-9a-f]{32} {2}-/);
        expect(await status).toBe(3);
        const { createHash } = await import('node:crypto');
        expect(pty.text).toContain(createHash('md5').update(line).digest('hex'));
      });
    });

    describe('the window', () => {
      it('has its size inside, from the start and after every change', async () => {
        const { status, pid } = open(
          `stty size; trap "echo changed: \\$(stty size)" WINCH; trap "exit 6" TERM; ${WAITING}`,
          (config) => {
            // Only where nobody has a window.
            config.process.consoleSize = { height: 11, width: 12 };
          },
        );
        await pty.shows('33 77');
        await pty.shows('ready');
        for (const [rows, columns] of [
          [40, 100],
          [2, 3],
          [500, 1000],
        ] as const) {
          pty.resize(rows, columns);
          await pty.shows(`changed: ${rows} ${columns}`);
        }
        process.kill(pid, 'SIGTERM');
        expect(await status).toBe(6);
      });

      it.each([
        ['input', '</dev/null'],
        ['output', '>&3'],
      ])('counts even if %s is not on it', async (which, redirection) => {
        const output = place.path(`${id}.out`);
        const { status } = pty.start(words('stty size; exit 3'), `3>${output} ${redirection}`);
        expect(await status).toBe(3);
        expect(which === 'output' ? readFileSync(output, 'utf8') : pty.text).toMatch(/^33 77\r+\n$/);
      });
    });

    describe('what is shown', () => {
      const MEGABYTE = `${'0123456789abcde'.repeat(7)}\n`.repeat(9893);
      const FLOOD = 'cat /megabyte';
      const withMegabyte = (line: string, redirection = ''): Session => {
        const all = words(line);
        writeFileSync(join(bundle.rootfs, 'megabyte'), MEGABYTE);
        return pty.start(all, redirection);
      };

      it('is complete, a megabyte too, though its program ends at once', async () => {
        const { status } = withMegabyte(`exec ${FLOOD}`);
        expect(await status).toBe(0);
        expect(pty.text === MEGABYTE).toBe(true);
      });

      it('is complete, though its reader is slow', async () => {
        pty.pause(true);
        const { status } = withMegabyte(`${FLOOD}; echo over > /over; exit 9`);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(() => file('over')).toThrow('ENOENT'); // the container waits for the reader
        pty.pause(false);
        expect(await status).toBe(9);
        expect(pty.text === MEGABYTE).toBe(true);
      });

      it('holds up no signal while nobody reads it', async () => {
        pty.pause(true);
        const { status, pid } = withMegabyte(`trap ": > /ended; exit 8" TERM; : > /started; ${FLOOD} & wait`);
        await until('the trap is set', () => isThere('started'));
        await new Promise((resolve) => setTimeout(resolve, 500));
        process.kill(pid, 'SIGTERM');
        await until('the trap has run', () => isThere('ended'));
        // The program is gone; its output still waits for the reader, until that too is not wanted any more. A signal that
        // comes before orlop has seen the end was still for the program.
        const again = setInterval(() => {
          try {
            process.kill(pid, 'SIGTERM');
          } catch {}
        }, 200);
        try {
          expect(await status).toBe(8);
        } finally {
          clearInterval(again);
        }
      });

      it('goes into a file or a pipe as well', async () => {
        const output = place.path(`${id}.out`);
        expect(await withMegabyte(`exec ${FLOOD}`, `>${output}`).status).toBe(0);
        expect(readFileSync(output, 'utf8').replaceAll('\r\n', '\n') === MEGABYTE).toBe(true);
        if (command === 'exec') orlop.call(['delete', '--force', id]).ok();
        const all = words(`exec ${FLOOD}`);
        writeFileSync(join(bundle.rootfs, 'megabyte'), MEGABYTE);
        expect(await pty.start(['sh', '-c', '"$@" | (sleep 0.3; md5sum)', 'sh', ...all]).status).toBe(0);
        const { createHash } = await import('node:crypto');
        const sum = createHash('md5').update(MEGABYTE.replaceAll('\n', '\r\n')).digest('hex');
        await pty.shows(sum);
      });

      it('is lost when its reader is gone: SIGPIPE ends what has its default action', async () => {
        const all = words(`${FLOOD}; ${FLOOD}; echo over > /over; exit 7`);
        writeFileSync(join(bundle.rootfs, 'megabyte'), MEGABYTE);
        const file = place.path(`${id}.status`);
        await pty.start(['sh', '-c', `{ "$@"; echo $? >${file}; } | true`, 'sh', ...all]).status;
        await until('its status is known', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
        // The first process of a pid namespace has no default action, and goes on.
        expect(readFileSync(file, 'utf8')).toBe(command === 'run' ? '7\n' : '141\n');
        expect(existsSync(join(bundle.rootfs, 'over'))).toBe(command === 'run');
      });

      it('ends with the first process, though another keeps the terminal open', async () => {
        const { status } = open(
          'setsid sh -c "trap \\"\\" HUP; sleep 1000" & sleep 0.1; echo last words; exit 2',
          (config) => {
            config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
          },
        );
        expect(await status).toBe(2);
        expect(pty.text).toBe('last words\n');
      });
    });

    describe('the terminal of the caller is put back', () => {
      it('after the end', async () => {
        const { settings } = pty;
        const { status } = open('echo ready; read word; exit 3');
        await pty.shows('ready');
        expect(pty.isRaw).toBe(true);
        await pty.type('word\n');
        expect(await status).toBe(3);
        expect(pty.settings).toBe(settings);
      });

      it('after an error', async () => {
        const { settings } = pty;
        const all = words('true');
        const program = command === 'run' ? all : all.slice(0, -3).concat('/bin/missing');
        if (command === 'run') {
          bundle.configure(TERMINAL, (config) => {
            config.process.args = ['/bin/missing'];
          });
        }
        expect(await pty.start(program).status).toBe(command === 'run' ? 1 : 255);
        expect(pty.text).toContain('/bin/missing');
        expect(pty.settings).toBe(settings);
      });

      it('after a SIGKILL of the program', async () => {
        const { settings } = pty;
        const { status } = open(WAITING);
        await pty.shows('ready');
        orlop.call(['kill', id, 'KILL']).ok();
        expect(await status).toBe(137);
        expect(pty.settings).toBe(settings);
      });

      it('after a SIGTERM to orlop', async () => {
        const { settings } = pty;
        const { status, pid } = open(`trap "exit 6" TERM; ${WAITING}`);
        await pty.shows('ready');
        process.kill(pid, 'SIGTERM');
        expect(await status).toBe(6);
        expect(pty.settings).toBe(settings);
      });
    });

    describe('a terminal that is hung up', () => {
      it('hangs up that of the container, and SIGHUP arrives', async () => {
        const { status } = open(`trap "echo HUP > /hup; exit 4" HUP; ${WAITING}`);
        await pty.shows('ready');
        pty.hangUp();
        expect(await status).toBe(4);
        expect(file('hup')).toBe('HUP\n');
      });

      it('ends what reads from it', async () => {
        // As the first process of its namespace a shell without a trap gets no SIGHUP; but no keys either any more.
        const { status } = open('trap "" HUP; echo ready; cat; echo "cat ended" > /ended; exit 5');
        await pty.shows('ready');
        pty.hangUp();
        expect(await status).toBe(5);
        expect(file('ended')).toBe('cat ended\n');
      });

      it('while it writes more than anybody reads', async () => {
        pty.pause(true);
        const { status } = open('trap "exit 7" HUP; : > /started; yes; exit 8');
        await until('the trap is set', () => isThere('started'));
        await new Promise((resolve) => setTimeout(resolve, 500));
        pty.hangUp();
        expect([7, 8]).toContain(await status);
      });
    });

    it('the process leads a session of its own, whose terminal is the controlling one', async () => {
      const { status } = open(
        'cat /proc/self/stat; tty; stat -c %t:%T $(tty) /dev/console; echo typed > /dev/tty; exit 3',
      );
      expect(await status).toBe(3);
      const [stat = '', tty = '', own, console_, typed] = pty.text.split('\n');
      const [, , pgrp, session, terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      expect(tty).toMatch(/^\/dev\/pts\/\d+$/);
      expect(session).toBe(pgrp);
      expect(foreground).toBe(pgrp);
      expect(Number(session)).toBeGreaterThan(0);
      const [major, minor] = (own ?? '').split(':').map((part) => Number.parseInt(part, 16));
      expect(Number(terminal)).toBe(((major ?? 0) << 8) | (minor ?? 0));
      // The console is the terminal of the container's first process.
      if (command === 'run') expect(console_).toBe(own);
      expect(typed).toBe('typed');
    });

    describe('as a job of a shell', () => {
      const job = (line: string, ...after: string[]): string[] => {
        const isStopped = 'grep -q "^State:.T" /proc/$!/status';
        const script = `set -m; "$@" & until ${isStopped}; do sleep 0.05; done; ${after.join('; ')}`;
        return ['sh', '-c', script, 'sh', ...words(line)];
      };

      it('it waits in the background until it has the terminal', async () => {
        const { status } = pty.start(job('echo started; stty size; exit 5', 'jobs', 'fg', 'echo "status $?"'));
        expect(await status).toBe(0);
        expect(pty.text).toMatch(/Stopped[\s\S]*started\n33 77\nstatus 5\n/);
      });

      it('SIGCONT takes the terminal anew', async () => {
        const { status, pid } = open(`trap "echo changed: \\$(stty size)" WINCH; trap "exit 2" TERM; ${WAITING}`);
        await pty.shows('ready');
        expect(pty.isRaw).toBe(true);
        process.kill(pid, 'SIGSTOP');
        await until('it is stopped', () => stateOf(pid) === 'T');
        const other = new Pty();
        await other.start(['sh', '-c', `stty sane <${pty.path}`]).status;
        other.hangUp();
        expect(pty.isRaw).toBe(false);
        pty.resize(20, 30);
        process.kill(pid, 'SIGCONT');
        await until('keys come as they are again', () => pty.isRaw);
        await pty.shows('changed: 20 30');
        process.kill(pid, 'SIGTERM');
        expect(await status).toBe(2);
      });
    });
  },
);
