// Containers with a terminal: as the config of `runc spec` asks for one. script(1) gives orlop a terminal of its own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { builds, Orlop } from './support/orlop.ts';

const place = new Workplace('terminal');
afterAll(() => place.remove());

const hasScript = spawnSync('script', ['--version']).status === 0;
const hasPython = existsSync('/usr/bin/python3');

/** A terminal agent: takes the master from the socket and prints what the container shows. */
const AGENT = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print("listening", flush=True)
peer, _ = server.accept()
name, fds, _, _ = socket.recv_fds(peer, 100, 2)
print("fds", len(fds), name.decode(), flush=True)
while True:
    try:
        data = os.read(fds[0], 1000)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
`;

function output(child: ChildProcess): {
  text: () => string;
  ended: Promise<void>;
  says: (words: string) => Promise<void>;
} {
  let text = '';
  child.stdout?.on('data', (data) => {
    text += data;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const says = async (words: string): Promise<void> => {
    while (!text.includes(words)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { text: () => text, ended, says };
}

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  const withTerminal = (line: string) =>
    place.bundle(shell(line), (config) => {
      config.process.terminal = true;
    });

  it.skipIf(!hasScript)('gives a foreground container a terminal, and its exit status', () => {
    const bundle = withTerminal('tty; test -c /dev/console && echo console; read word; echo "got $word"; exit 5');
    const command = [...build.argv, '--root', orlop.root, 'run', '-b', bundle.directory, place.id()].join(' ');
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: 'hello\n',
      encoding: 'utf8',
    });
    expect(stdout).toContain('/dev/pts/0');
    expect(stdout).toContain('console');
    expect(stdout).toContain('got hello');
    expect(status).toBe(5);
  });

  it.skipIf(!hasPython)('hands the master to --console-socket', async () => {
    const id = place.id();
    const bundle = withTerminal('stty size; echo shown');
    const config = `${place.path(id)}.sock`;
    const agent = spawn('python3', ['-c', AGENT, config], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = output(agent);
    await said.says('listening');
    orlop.create(bundle, id, '--console-socket', config).ok();
    await said.says('fds 1');
    orlop.call(['start', id]).ok();
    await said.ended;
    expect(said.text()).toContain('shown');
    orlop.call(['delete', '--force', id]).ok();
  });

  it('refuses a detached container whose terminal nobody takes', () => {
    const result = orlop.create(withTerminal('true'), place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('--console-socket');
    expect(result.stderr).toContain('/process/terminal');
  });
});
