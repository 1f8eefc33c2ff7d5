// What Podman asks for to keep a container in: nothing of it is switched off.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { checks } from './support/check.ts';
import { type Podman, PodmanSite } from './support/podman.ts';

const site = new PodmanSite('podman-security');
beforeAll(() => site.ready());
afterAll(() => site.remove());
const check = checks<Podman>((runtime) => site.with(runtime));

/** Nothing but the profile is against this one: it takes no capability. */
const PERSONALITY = 'grep ^Seccomp: /proc/self/status; linux64 -R echo changed 2>&1; :';

check("Podman's own seccomp profile", (podman) => {
  expect(podman.lines([], PERSONALITY)).toEqual(['Seccomp: 2', expect.stringMatching(/personality.*not implemented/)]);
});

check('--security-opt seccomp=unconfined', (podman) => {
  expect(podman.lines(['--security-opt', 'seccomp=unconfined'], PERSONALITY)).toEqual(['Seccomp: 0', 'changed']);
});

check('--security-opt seccomp=FILE', (podman) => {
  const file = site.site.path('profile.json');
  const rule = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 };
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }));
  expect(podman.lines(['--security-opt', `seccomp=${file}`], 'mkdir /tmp/x 2>&1; linux64 -R echo changed')).toEqual([
    expect.stringMatching(/mkdir.*No space left/),
    'changed',
  ]);
});

check('--security-opt no-new-privileges', (podman) => {
  const line = 'grep NoNewPrivs /proc/self/status';
  expect(podman.lines(['--security-opt', 'no-new-privileges'], line)).toEqual(['NoNewPrivs: 1']);
  expect(podman.lines([], line)).toEqual(['NoNewPrivs: 0']);
});

check('what is masked, and what is read-only', (podman) => {
  const line = 'cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware; echo 1 > /proc/sys/vm/swappiness';
  const done = podman.run(['--rm'], 'sh', '-c', line);
  expect(done.stdout).toBe('0\n');
  expect(done.stderr).toMatch(/Read-only file system/);
});

check('--security-opt mask=', (podman) => {
  const options = ['--security-opt', 'mask=/etc/passwd:/usr/bin'];
  expect(podman.lines(options, 'wc -c < /etc/passwd; ls /usr/bin | wc -l')).toEqual(['0', '0']);
});

check('--security-opt unmask=', (podman) => {
  const mounts = 'grep -c " /proc/" /proc/self/mountinfo; :';
  const isMasked = 'grep -c " /proc/timer_list " /proc/self/mountinfo; :';
  expect(podman.lines(['--security-opt', 'unmask=/proc/timer_list'], isMasked)).toEqual(['0']);
  expect(podman.lines(['--security-opt', 'unmask=ALL'], mounts)).toEqual(['0']);
  expect(Number(podman.said([], mounts))).toBeGreaterThan(5);
});

check('--security-opt proc-opts=', (podman) => {
  const options = ['--security-opt', 'proc-opts=hidepid=2'];
  expect(podman.said(options, 'grep " /proc " /proc/self/mountinfo')).toMatch(/hidepid=(2|invisible)/);
});

const NO_APPARMOR = existsSync('/sys/module/apparmor') ? undefined : 'this kernel has no AppArmor';
check(
  '--security-opt apparmor=unconfined',
  (podman) => {
    const line = 'cat /proc/self/attr/current';
    expect(podman.said(['--security-opt', 'apparmor=unconfined'], line)).toMatch(/^unconfined/);
  },
  NO_APPARMOR,
);

check('--security-opt label=disable', (podman) => {
  expect(podman.said(['--security-opt', 'label=disable'], 'echo up')).toBe('up');
});

const NO_SELINUX = existsSync('/sys/fs/selinux/enforce') ? undefined : 'this kernel has no SELinux';
check(
  '--security-opt label=type:',
  (podman) => {
    const options = ['--security-opt', 'label=type:container_t'];
    expect(podman.said(options, 'cat /proc/self/attr/current')).toContain(':container_t:');
  },
  NO_SELINUX,
);

check('--cap-drop, --cap-add', (podman) => {
  const line = 'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb):" /proc/self/status | cut -f2 | uniq -c';
  expect(podman.said(['--cap-drop', 'all', '--cap-add', 'chown'], line)).toMatch(/0{15}1$/m);
});

check('--cap-add for who is not root', (podman) => {
  const effective = 'grep CapEff /proc/self/status';
  const options = ['--user', 'worker', '--cap-add', 'net_raw'];
  expect(podman.lines(options, effective)).toEqual(['CapEff: 0000000000002000']);
  expect(podman.lines(['--user', 'worker'], effective)).toEqual(['CapEff: 0000000000000000']);
});

check('the capabilities are those under runc', (podman) => {
  const line = 'grep Cap /proc/self/status';
  for (const options of [[], ['--cap-add', 'all'], ['--cap-drop', 'mknod', '--cap-add', 'sys_time']]) {
    expect(podman.said(options, line)).toBe(site.with('runc').said(options, line));
  }
});

check('--privileged', (podman) => {
  const line = 'grep -E "^(Seccomp|NoNewPrivs|CapEff):" /proc/self/status; mount -t tmpfs none /tmp';
  const all = /^CapPrm:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  expect(podman.lines(['--privileged'], line)).toEqual([`CapEff: ${all}`, 'NoNewPrivs: 0', 'Seccomp: 0']);
});

check('--privileged has the devices of the host', (podman) => {
  const line = 'ls /dev | grep -v -E "^(pts|shm|mqueue|console|tty[0-9].*)$" | sort';
  expect(podman.said(['--privileged'], line)).toBe(site.with('runc').said(['--privileged'], line));
});

check('--sysctl', (podman) => {
  const options = ['--sysctl', 'kernel.msgmax=9000', '--sysctl', 'net.ipv4.ip_default_ttl=77'];
  expect(podman.lines(options, 'cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_default_ttl')).toEqual([
    '9000',
    '77',
  ]);
});

check('--sysctl of the host is refused', (podman) => {
  const done = podman.run(['--rm', '--sysctl', 'vm.swappiness=1'], 'true');
  expect(done.status).not.toBe(0);
  expect(done.stderr).toMatch(/vm.swappiness/);
});

/** One that the host has, that a container does not get, and that whoever may open it needs no capability for. */
const device = ['/dev/fuse', '/dev/loop-control'].find((path) => existsSync(path));
const NO_DEVICE = device ? undefined : 'this machine has neither /dev/fuse nor /dev/loop-control';
const number = (separator: string): string => {
  const { rdev } = statSync(device as string);
  return `${rdev >> 8}${separator}${rdev & 0xff}`;
};
const make = (): string => `mknod /dev/mine c ${number(' ')} && true < /dev/mine && echo open; true > /dev/mine`;

check(
  'no device that is not asked for',
  (podman) => {
    const done = podman.run(['--rm', '--cap-add', 'mknod'], 'sh', '-c', make());
    expect(done.stdout).toBe('');
    expect(done.stderr).toMatch(/\/dev\/mine: Operation not permitted[\s\S]*not permitted/);
  },
  NO_DEVICE,
);

check(
  '--device-cgroup-rule',
  (podman) => {
    const options = ['--cap-add', 'mknod', '--device-cgroup-rule', `c ${number(':')} rm`];
    const done = podman.run(['--rm', ...options], 'sh', '-c', make());
    expect(done.stdout).toBe('open\n');
    expect(done.stderr).toMatch(/\/dev\/mine: Operation not permitted/);
  },
  NO_DEVICE,
);
