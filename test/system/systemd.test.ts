// Under systemd itself, as ENGINES.md has it: a service that says when it is ready, with the sockets of its unit.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bundle, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { fastest, Orlop, until } from './support/orlop.ts';
import { freePort } from './support/port.ts';

const place = new Workplace('systemd');
const orlop = new Orlop(place, fastest());
afterAll(() => place.remove());
leavesNothing(place, () => orlop);

const isThere = existsSync('/run/systemd/system');
if (!isThere)
  console.warn('systemd.test.ts: skipped: systemd is not the first process of this machine (test/vm.sh has one)');

const systemctl = (...words: string[]): string => execFileSync('systemctl', words, { encoding: 'utf8' }).trim();
const property = (unit: string, name: string): string => systemctl('show', '--value', '-p', name, unit);
const isOver = (unit: string): boolean => !['active', 'deactivating'].includes(property(unit, 'ActiveState'));

/** Starts a transient service and answers when systemd says that it is started. */
function start(unit: string, properties: string[], words: string[]): void {
  const options = properties.flatMap((one) => ['-p', one]);
  execFileSync('systemd-run', ['--quiet', `--unit=${unit}`, ...options, ...orlop.words(words)], { encoding: 'utf8' });
}

function bundleOf(line: string): Bundle {
  const directories = ['/usr', '/lib', '/lib64'].filter((path) => existsSync(path));
  return place.bundle(shell(line), (config) => {
    config.mounts.push(
      ...directories.map((path) => ({ destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] })),
    );
    config.process.env = ['PATH=/usr/bin:/bin', 'HOME=/'];
  });
}

describe.skipIf(!isThere)('a service, where systemd is the first process (test/vm.sh)', () => {
  it('Type=notify: is started when the container says so, and stopped by SIGTERM', () => {
    const unit = `orlop-notify-${process.pid}`;
    const bundle = bundleOf('trap "exit 0" TERM; systemd-notify --ready --status=up; while true; do sleep 0.1; done');
    start(unit, ['Type=notify'], ['run', '-b', bundle.directory, place.id()]);
    expect(property(unit, 'ActiveState')).toBe('active');
    expect(property(unit, 'StatusText')).toBe('up');
    systemctl('stop', unit);
    expect(property(unit, 'Result')).toBe('success');
    expect(orlop.call(['list', '-q']).ok().stdout).toBe('');
  }, 120_000);

  it('detached: systemd follows the process of the container', async () => {
    const unit = `orlop-detached-${process.pid}`;
    const id = place.id();
    const bundle = bundleOf('systemd-notify --ready; exec sleep 1000');
    start(unit, ['Type=notify', 'NotifyAccess=all', 'KillMode=none'], ['run', '-d', '-b', bundle.directory, id]);
    const { pid } = orlop.state(id);
    expect(property(unit, 'MainPID')).toBe(String(pid));
    orlop.call(['delete', '--force', id]).ok();
    await until('inactive', () => isOver(unit), 30_000);
  }, 120_000);

  it('with a socket: the container answers who connects', async () => {
    const unit = `orlop-socket-${process.pid}`;
    const port = await freePort();
    // Debian's perl-base, which is always there: it takes the one connection.
    const server = 'open(S, "+<&=3"); accept(C, S); print C "hello from $ENV{LISTEN_FDS} as $ENV{LISTEN_PID}\\n"';
    const bundle = bundleOf(`exec perl -e '${server}'`);
    const words = orlop.words(['run', '-b', bundle.directory, place.id()]);
    execFileSync('systemd-run', [
      ...['--quiet', `--unit=${unit}`, `--socket-property=ListenStream=127.0.0.1:${port}`],
      ...words,
    ]);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const client = connect(port, '127.0.0.1');
      client.on('data', (data) => {
        text += data;
      });
      client.on('end', () => resolve(text));
      client.on('error', reject);
    });
    systemctl('stop', `${unit}.socket`);
    // orlop is still at it when perl has ended.
    await until('inactive', () => isOver(unit), 30_000);
    expect(answer).toBe('hello from 1 as 1\n');
  }, 120_000);
});
