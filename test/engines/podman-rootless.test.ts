// Podman as an ordinary user: it makes a user namespace for itself, in which it and its runtime are root.

import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Workplace } from '../system/support/bundle.ts';
import { GID, OrdinaryUser, UID } from '../system/support/ordinary.ts';
import { type Result, until } from '../system/support/orlop.ts';
import { checks, type Engine } from './support/check.ts';
import { IMAGE, writeImage } from './support/image.ts';
import { found, programOf, type Runtime, Site } from './support/site.ts';

const CONFIG = (orlop: string): string => `
[containers]
netns = "none"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime_supports_json = ["runc", "orlop"]
[engine.runtimes]
runc = ["${programOf('runc')}"]
orlop = ["${orlop}"]
`;

found('podman', 'podman');
// Podman allows 50 characters for the path of its runroot.
const site = new Site('user');
const user = new OrdinaryUser(site.place);
const ranges = OrdinaryUser.enroll();

/** `podman` with a store below his home. */
function podman(args: readonly string[], input?: string): Result {
  const environment = {
    ...user.env,
    CONTAINERS_CONF: join(user.home, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(user.home, 'storage.conf'),
  };
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const command = [...user.prefix, 'env', '-C', user.home, ...words, 'podman', ...args] as [string, ...string[]];
  return input === undefined ? site.call(command) : site.callInTerminal(command, input);
}

class Rootless implements Engine {
  readonly place: Workplace = site.place;
  readonly runtime: Runtime;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  get root(): string {
    return join(user.runtime, this.runtime);
  }

  call(args: readonly string[], input?: string): Result {
    return podman(['--runtime', this.runtime, ...args], input);
  }

  /** The lines that `line` prints in a container with these options. */
  said(options: readonly string[], line: string): string[] {
    const done = this.call(['run', '--rm', ...options, IMAGE, 'sh', '-c', line]).ok();
    return done.stdout
      .trim()
      .split('\n')
      .map((one) => one.trim().replaceAll(/\s+/g, ' '));
  }

  start(options: readonly string[], ...command: string[]): string {
    const name = this.place.id();
    this.call(['run', '--detach', '--name', name, ...options, IMAGE, ...command]).ok();
    return name;
  }

  clear(): void {
    this.call(['rm', '--all', '--force', '--time', '0']).ok();
  }
}

beforeAll(() => {
  if (!ranges) return;
  site.mount();
  chmodSync(site.directory, 0o711);
  const orlop = site.place.path('orlop');
  copyFileSync(programOf('orlop'), orlop);
  writeFileSync(join(user.home, 'containers.conf'), CONFIG(orlop));
  writeFileSync(join(user.home, 'storage.conf'), '[storage]\ndriver = "vfs"\n');
  const image = writeImage(site.place);
  chmodSync(image, 0o644);
  podman(['load', '--input', image]).ok();
  for (const runtime of ['runc', 'orlop'] as const) new Rootless(runtime).said([], 'true');
});
afterAll(async () => {
  if (ranges) podman(['system', 'migrate']); // ends the process that keeps his user namespace
  await site.remove();
  OrdinaryUser.expel();
});

const missing = ranges ? undefined : 'there is no useradd or no newuidmap: apt-get install passwd uidmap';
const rootless = checks<Rootless>((runtime) => new Rootless(runtime));
const check = (name: string, body: (podman: Rootless) => void | Promise<void>): void =>
  rootless(`rootless: ${name}`, body, missing);

check('he is root of his containers', (own) => {
  const line = 'id -u; head -1 /proc/self/uid_map; test -c /dev/null && echo device';
  expect(own.said([], line)).toEqual(['0', `0 ${UID} 1`, 'device']);
});

check('--userns=keep-id: he is himself', (own) => {
  expect(own.said(['--userns=keep-id'], 'id -u; id -g; stat -c %u /')).toEqual([String(UID), String(GID), '0']);
});

check("Podman's own seccomp profile, and none", (own) => {
  const line = 'grep ^Seccomp: /proc/self/status; linux64 -R echo changed 2>&1; :';
  expect(own.said([], line)).toEqual(['Seccomp: 2', expect.stringMatching(/personality.*not implemented/)]);
  expect(own.said(['--security-opt', 'seccomp=unconfined'], line)).toEqual(['Seccomp: 0', 'changed']);
});

check('volumes, tmpfs and a read-only root', (own) => {
  const volume = user.directory(join(user.home, `volume-${own.runtime}`));
  const options = ['--volume', `${volume}:/in`, '--tmpfs', '/scratch:size=1m', '--read-only'];
  expect(own.said(options, 'echo x > /in/word; cat /in/word; touch /scratch/x /file 2>&1; :')).toEqual([
    'x',
    expect.stringMatching(/\/file: Read-only file system/),
  ]);
});

check('exec', (own) => {
  const name = own.start([], 'sleep', '1000');
  expect(own.call(['exec', name, 'id', '-u']).ok().stdout).toBe('0\n');
  expect(own.call(['exec', '--user', '1000', name, 'id', '-u']).ok().stdout).toBe('1000\n');
  expect(own.call(['exec', name, 'no-such-program']).status).toBe(127);
});

check('run -it, exec -it: a terminal', (own) => {
  const line = 'tty; read word; echo "got $word"; exit 5';
  const ran = own.call(['run', '--rm', '-it', IMAGE, 'sh', '-c', line], 'hello\n');
  expect(ran.stdout).toMatch(/\/dev\/pts\/0[\s\S]*got hello/);
  expect(ran.status).toBe(5);
  const name = own.start([], 'sleep', '1000');
  const further = own.call(['exec', '-it', name, 'sh', '-c', line], 'hello\n');
  expect(further.stdout).toMatch(/\/dev\/pts\/\d[\s\S]*got hello/);
  expect(further.status).toBe(5);
});

check('stop, and the status that comes of it', async (own) => {
  const name = own.start([], 'sh', '-c', 'trap "exit 3" TERM; touch /ready; while :; do sleep 0.1; done');
  await until('it takes signals', () => own.call(['exec', name, 'test', '-e', '/ready']).status === 0);
  own.call(['stop', name]).ok();
  expect(own.call(['inspect', name, '--format', '{{.State.Status}} {{.State.ExitCode}}']).ok().stdout).toBe(
    'exited 3\n',
  );
  own.call(['rm', name]).ok();
});

check('the same lines as under runc', (own) => {
  const line =
    'grep -E "^(Cap|Uid|Gid|Groups|NoNew)" /proc/self/status; ls -ln /dev | tr -s " " | cut -d" " -f1,3,4; cut -d" " -f5 /proc/self/mountinfo | sort';
  expect(own.said([], line)).toEqual(new Rootless('runc').said([], line));
});
