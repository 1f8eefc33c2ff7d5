// man 3 sd_listen_fds: sockets that systemd has opened for a service arrive in the container.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { activationOf } from '../../src/container/activation.ts';
import { shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';
import { freePort } from './support/port.ts';

const place = new Workplace('activation');
let orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop);

describe('whom the variables are for', () => {
  it.each([
    [
      { LISTEN_PID: '7', LISTEN_FDS: '2' },
      { count: 2, environment: ['LISTEN_FDS=2', 'LISTEN_PID=1'] },
    ],
    [
      { LISTEN_PID: '8', LISTEN_FDS: '2' },
      { count: 0, environment: [] },
    ],
    [{ LISTEN_FDS: '2' }, { count: 0, environment: [] }],
    [{ LISTEN_PID: '7' }, { count: 0, environment: [] }],
    [
      { LISTEN_PID: '7', LISTEN_FDS: '-1' },
      { count: 0, environment: [] },
    ],
    [
      { LISTEN_PID: '7', LISTEN_FDS: '0' },
      { count: 0, environment: [] },
    ],
    [
      { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'web' },
      { count: 1, environment: ['LISTEN_FDS=1', 'LISTEN_PID=1', 'LISTEN_FDNAMES=web'] },
    ],
  ])('%j', (env, activation) => {
    expect(activationOf(env, 7)).toEqual(activation);
  });
});

const LOOK = 'env | grep LISTEN | sort; ls /proc/1/fd | tr "\\n" " "';

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
  });

  /** sh sets LISTEN_PID to its own pid, which it keeps when it becomes orlop. */
  const activated = (fds: string[], variables: string, words: string[], line: string) => {
    const bundle = place.bundle(shell(line));
    const opened = fds.map((path) => openSync(path, 'r'));
    const script = `export LISTEN_PID=$$ ${variables}; exec "$@"`;
    const prefix = ['/bin/sh', '-c', script, 'sh'];
    const result = orlop.call(['run', '-b', bundle.directory, ...words, place.id()], { fds: opened, prefix });
    for (const fd of opened) closeSync(fd);
    return result;
  };

  it('hands on the fds from 3, with its own pid', () => {
    const result = activated(['/etc/hostname', '/etc/passwd'], 'LISTEN_FDS=2 LISTEN_FDNAMES=a:b', [], LOOK);
    expect(result.ok().stdout).toContain('LISTEN_FDNAMES=a:b\nLISTEN_FDS=2\nLISTEN_PID=1\n0 1 2 3 4');
  });

  it('with --preserve-fds behind them', () => {
    const line = 'cat <&4 | head -1; ls /proc/1/fd | tr "\\n" " "';
    const result = activated(['/etc/hostname', '/etc/passwd'], 'LISTEN_FDS=1', ['--preserve-fds', '1'], line);
    expect(result.ok().stdout).toContain(readFileSync('/etc/passwd', 'utf8').split('\n')[0]);
    expect(result.stdout).toContain('0 1 2 3 4');
  });

  it('but not those of another process', () => {
    const bundle = place.bundle(shell(LOOK));
    const env = { LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x' };
    const result = orlop.call(['run', '-b', bundle.directory, place.id()], {
      env,
      fds: [openSync('/etc/hostname', 'r')],
    });
    expect(result.ok().stdout).not.toContain('LISTEN');
    expect(result.stdout).toMatch(/^0 1 2 *\d?\s*$/m);
  });

  it('says which fd is missing', () => {
    const result = activated([], 'LISTEN_FDS=3', [], LOOK);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('is not open');
  });

  const activate = '/usr/bin/systemd-socket-activate';
  it.skipIf(!existsSync(activate))('a server of systemd-socket-activate answers a client', async () => {
    const port = await freePort();
    const bundle = place.bundle((config) => {
      // In the host's network, as the socket is; nc takes the connection that stands on fd 3.
      config.process.args = ['/bin/sh', '-c', 'echo "hello from $LISTEN_FDS as $LISTEN_PID" >&3'];
    });
    const words = orlop.words(['run', '-b', bundle.directory, place.id()]);
    const server: ChildProcess = spawn(activate, ['--accept', '-l', `127.0.0.1:${port}`, ...words], { stdio: 'pipe' });
    let log = '';
    server.stderr?.on('data', (data) => {
      log += data;
    });
    try {
      await until('listening', () => log.includes('Listening'));
      const answer = await new Promise<string>((resolve, reject) => {
        let text = '';
        const client = connect(port, '127.0.0.1');
        client.on('data', (data) => {
          text += data;
        });
        client.on('end', () => resolve(text));
        client.on('error', reject);
      });
      expect(answer).toBe('hello from 1 as 1\n');
    } finally {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
    }
  });
});
