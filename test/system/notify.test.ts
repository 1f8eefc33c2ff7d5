// man 3 sd_notify: what a container tells the supervisor of orlop. The supervisor is a socket of the test's own; what
// speaks in the container is systemd-notify, in a root filesystem made of the host's files.

import { existsSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close } from '../../src/linux/file.ts';
import { POLLIN, poll } from '../../src/linux/poll.ts';
import { bindDatagram, receive } from '../../src/linux/socket.ts';
import { type Bundle, type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';

const place = new Workplace('notify');
let orlop = new Orlop(place);
let before: Snapshot;
let supervisor: Supervisor;

/** Takes messages as systemd does: what has been read is in `messages`, and the fd of a barrier is closed then. */
class Supervisor {
  readonly path = place.path('supervisor.sock');
  readonly messages: string[] = [];
  private readonly fd: number;
  private readonly timer: NodeJS.Timeout;

  constructor() {
    rmSync(this.path, { force: true });
    this.fd = bindDatagram(this.path);
    this.timer = setInterval(() => this.read(), 5);
  }

  /** At most a hundred: a flood has no end. */
  read(): void {
    for (let count = 0; count < 100 && poll([{ fd: this.fd, events: POLLIN }], 0)[0]; count++) {
      const { bytes, fd } = receive(this.fd, 4096);
      this.messages.push(`${bytes}${fd === undefined ? '' : ' with fd'}`);
      if (fd !== undefined) close(fd);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    close(this.fd);
    rmSync(this.path, { force: true });
  }
}

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
  supervisor = new Supervisor();
});
afterEach(async () => {
  supervisor.stop();
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

const hasSystemdNotify = existsSync('/usr/bin/systemd-notify');

/** With the host's programs. */
function bundleOf(line: string, ...patches: Patch[]): Bundle {
  const directories = ['/usr', '/lib', '/lib64'].filter((path) => existsSync(path));
  return place.bundle(
    shell(line),
    (config) => {
      config.mounts.push(
        ...directories.map((path) => ({ destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] })),
      );
      config.process.env = ['PATH=/usr/bin:/bin', 'HOME=/'];
    },
    ...patches,
  );
}

const environment = () => ({ NOTIFY_SOCKET: supervisor.path });

describe.each(builds())('$name', (build) => {
  beforeEach(() => {
    orlop = new Orlop(place, build);
  });

  it.skipIf(!hasSystemdNotify)('in the foreground everything a service says of itself crosses, in order', async () => {
    const line = 'systemd-notify --ready --status=up && systemd-notify WATCHDOG=1 && systemd-notify STOPPING=1';
    const words = ['run', '-b', bundleOf(line).directory, place.id()];
    const result = await orlop.launch(words, { env: environment() }).result;
    expect(result.ok().stderr).toBe('');
    supervisor.read();
    const told = supervisor.messages.filter((message) => !message.startsWith('BARRIER'));
    expect(told).toEqual(['READY=1\nSTATUS=up', 'WATCHDOG=1', 'STOPPING=1']);
    // systemd-notify waits until its message has been seen.
    expect(supervisor.messages.filter((message) => message === 'BARRIER=1 with fd').length).toBeGreaterThan(0);
  });

  it.skipIf(!hasSystemdNotify)('detached, run answers when the container is ready, and tells its pid', async () => {
    const id = place.id();
    const line = 'sleep 0.3; systemd-notify --ready; exec sleep 1000';
    const started = Date.now();
    const { result } = orlop.launch(['run', '-d', '-b', bundleOf(line).directory, id], { env: environment() });
    (await result).ok();
    expect(Date.now() - started).toBeGreaterThan(300);
    expect(supervisor.messages[0]).toBe(`READY=1\nMAINPID=${orlop.state(id).pid}`);
    expect(supervisor.messages.at(-1)).toBe('BARRIER=1 with fd');
  });

  it.skipIf(!hasSystemdNotify)('so does start', async () => {
    const id = place.id();
    const bundle = bundleOf('systemd-notify --ready; exec sleep 1000');
    (await orlop.launch(['create', '-b', bundle.directory, id], { env: environment() }).result).ok();
    expect(supervisor.messages).toEqual([]);
    (await orlop.launch(['start', id], { env: environment() }).result).ok();
    expect(supervisor.messages[0]).toBe(`READY=1\nMAINPID=${orlop.state(id).pid}`);
  });

  it('a container that ends without a word is no reason to wait', async () => {
    const id = place.id();
    (await orlop.launch(['run', '-d', '-b', bundleOf('exit 3').directory, id], { env: environment() }).result).ok();
    expect(supervisor.messages.filter((message) => message.includes('READY'))).toEqual([]);
    expect(orlop.state(id).status).toBe('stopped');
  });

  it('others may look and end it while a start waits for ready', async () => {
    const id = place.id();
    const running = orlop.launch(['run', '-d', '-b', bundleOf('sleep 1000').directory, id], { env: environment() });
    await until('running', () => /running/.test(orlop.call(['list']).stdout));
    orlop.call(['kill', id, 'KILL']).ok();
    (await running.result).ok();
  });
});

describe('what the container gets', () => {
  /** Sends a datagram, with fds if there are numbers: as an attacker would. */
  const say = (script: string): string => `/usr/bin/python3 -c '
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
${script}
'`;
  const hasPython = existsSync('/usr/bin/python3');

  it('a socket of its own, in a directory that it cannot change', async () => {
    const line =
      'echo $NOTIFY_SOCKET; ls -l /run/notify; rm -f /run/notify/notify.sock && echo removed; touch /run/notify/x && echo made; true';
    const { result } = orlop.launch(['run', '-b', bundleOf(line).directory, place.id()], { env: environment() });
    const { lines, stderr } = (await result).ok();
    expect(lines[0]).toBe('/run/notify/notify.sock');
    expect(lines.join('\n')).toMatch(/^srwxrwxrwx.* notify.sock$/m);
    expect(lines).not.toContain('removed');
    expect(lines).not.toContain('made');
    expect(stderr).toContain('Read-only file system');
  });

  it('nothing of the kind without a supervisor', () => {
    const result = orlop.call(['run', '-b', bundleOf('echo "<$NOTIFY_SOCKET>"; ls /run; true').directory, place.id()], {
      env: { NOTIFY_SOCKET: '' },
    });
    expect(result.ok().stdout).toBe('<>\n');
  });

  it.skipIf(!hasPython)('its words cross, but not those about fds, other pids or other rights', async () => {
    const script = [
      's.send(b"NOTIFYACCESS=all\\nMAINPID=77\\nSTATUS=a=b")',
      's.send(b"MAINPID=1")',
      's.send(b"")',
      's.send(b"x" * 5000)',
      'r, w = os.pipe()',
      'socket.send_fds(s, [b"FDSTORE=1\\nFDNAME=evil"], [r])',
      'socket.send_fds(s, [b"BARRIER=1"], [r, w])',
      's.send(b"READY=1")',
    ].join('\n');
    const id = place.id();
    const bundle = bundleOf(`${say(script)}; exec sleep 1000`);
    (await orlop.launch(['run', '-d', '-b', bundle.directory, id], { env: environment() }).result).ok();
    const { pid } = orlop.state(id);
    expect(supervisor.messages).toEqual([
      'STATUS=a=b',
      `MAINPID=${pid}`,
      `READY=1\nMAINPID=${pid}`,
      'BARRIER=1 with fd',
    ]);
  });

  it.skipIf(!hasPython)('a flood does not stop it from being signalled', async () => {
    const id = place.id();
    const flood = say('while True: s.send(b"STATUS=" + b"x" * 1000)');
    const bundle = bundleOf(`trap "exit 9" TERM; ${flood} & wait`);
    const running = orlop.launch(['run', '-b', bundle.directory, id], { env: environment() });
    await until('talking', () => supervisor.messages.length > 100);
    process.kill(running.pid, 'SIGTERM');
    expect((await running.result).status).toBe(9);
  });
});

describe('a supervisor', () => {
  it.each(['nonsense', 'vsock:2:1234', '/nosuch/socket', '@orlop-test-nobody'])(
    'at %s is an error',
    async (address) => {
      const { result } = orlop.launch(['run', '-b', bundleOf('true').directory, place.id()], {
        env: { NOTIFY_SOCKET: address },
      });
      const { status, stderr } = await result;
      expect(status).toBe(1);
      expect(stderr).toContain('NOTIFY_SOCKET');
    },
  );

  it('that is gone when the container speaks is nobody', async () => {
    const line = 'while [ ! -e /go ]; do sleep 0.05; done; systemd-notify --no-block --ready; echo went on';
    const bundle = bundleOf(line);
    const running = orlop.launch(['run', '-b', bundle.directory, place.id()], { env: environment() });
    await until('running', () => /running/.test(orlop.call(['list']).stdout));
    supervisor.stop();
    bundle.write('go', '');
    const { stdout } = (await running.result).ok();
    supervisor = new Supervisor();
    expect(stdout).toContain('went on');
  });
});
