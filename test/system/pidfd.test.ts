// --pidfd-socket and the session keyring: what create and exec give and take beside the container.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, until } from './support/orlop.ts';

const place = new Workplace('pidfd');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

/** Takes one pidfd, prints its pid and, when the process has ended, that. */
const AGENT = `
import os, re, select, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print("listening", flush=True)
peer, _ = server.accept()
_, fds, _, _ = socket.recv_fds(peer, 100, 2)
info = open("/proc/self/fdinfo/%d" % fds[0]).read()
print("pid", re.search(r"^Pid:\\s*(\\d+)", info, re.M).group(1), len(fds), flush=True)
select.select(fds, [], [])
print("ended", flush=True)
`;

describe.skipIf(!existsSync('/usr/bin/python3'))('--pidfd-socket', () => {
  let agent: ChildProcess;
  let said = '';
  let socket = '';

  beforeEach(async () => {
    socket = `${place.path(place.id())}.sock`;
    said = '';
    agent = spawn('python3', ['-c', AGENT, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    agent.stdout?.on('data', (data) => {
      said += data;
    });
    await until('listening', () => said.includes('listening'));
  });
  afterEach(() => {
    agent.kill('SIGKILL');
  });

  it.each(['run', 'create'])('%s sends a pidfd of the first process', async (command) => {
    const id = place.id();
    const words = command === 'run' ? ['run', '-d'] : ['create'];
    orlop.call([...words, '--pidfd-socket', socket, '-b', place.bundle(shell('sleep 1000')).directory, id]).ok();
    await until('a pidfd', () => said.includes(`pid ${orlop.state(id).pid} 1`));
    orlop.call(['delete', '--force', id]).ok();
    await until('its end', () => said.includes('ended'));
  });

  it('exec sends one of its process', async () => {
    const id = place.id();
    orlop.call(['run', '-d', '-b', place.bundle(shell('sleep 1000')).directory, id]).ok();
    const file = `${place.path(id)}.pid`;
    orlop.call(['exec', '-d', '--pid-file', file, '--pidfd-socket', socket, id, 'sleep', '1000']).ok();
    await until('a pidfd', () => said.includes(`pid ${readFileSync(file, 'utf8')} 1`));
  });
});

describe('the session keyring', () => {
  const hasKeys = existsSync('/proc/keys');
  const line = 'grep -c "_ses.$0" /proc/keys; true';
  const ask = (...words: string[]): string => {
    const id = place.id();
    const bundle = place.bundle((config) => {
      config.process.args = ['/bin/sh', '-c', line, id];
      config.linux.maskedPaths = []; // /proc/keys is one
    });
    return orlop.call(['run', ...words, '-b', bundle.directory, id]).ok().stdout;
  };

  it.skipIf(!hasKeys)("is the container's own, by its id", () => {
    expect(ask()).toBe('1\n');
  });

  it.skipIf(!hasKeys)("is the caller's with --no-new-keyring", () => {
    expect(ask('--no-new-keyring')).toBe('0\n');
  });

  it.skipIf(!hasKeys)('is shared by what exec runs', () => {
    const id = place.id();
    const bundle = place.bundle(shell('sleep 1000'), (config) => {
      config.linux.maskedPaths = [];
    });
    orlop.call(['run', '-d', '-b', bundle.directory, id]).ok();
    expect(orlop.call(['exec', id, 'grep', '-c', `_ses.${id}`, '/proc/keys']).ok().stdout).toBe('1\n');
  });

  it.skipIf(!hasKeys)('goes with the container', async () => {
    ask();
    await until('gone', () => !readFileSync('/proc/keys', 'utf8').includes(`_ses.${place.tag}`));
  });
});
