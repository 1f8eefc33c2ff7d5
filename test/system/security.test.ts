// AppArmor and SELinux, as far as this kernel has them: test/vm.sh starts one with each. The profile and the policy are
// those of fixtures/security, which need no tools to load.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherFacts } from '../../src/linux/facts.ts';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { leavesNothing } from './support/leftovers.ts';
import { Orlop, type Result } from './support/orlop.ts';
import { linux, process_ } from './support/patches.ts';

const place = new Workplace('security');
const orlop = new Orlop(place);
const { security } = gatherFacts();
const hasApparmor = security.includes('apparmor') && existsSync('/sys/kernel/security/apparmor');
const hasSelinux = security.includes('selinux');
if (!hasApparmor)
  console.warn('\n*** this kernel has no AppArmor, or no securityfs is mounted: its profiles go untested ***\n');
if (!hasSelinux) console.warn('\n*** this kernel has no SELinux: its labels go untested ***\n');

afterAll(() => place.remove());
leavesNothing(place, () => orlop, { sweeps: true });

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/security/${name}`, import.meta.url));

function run(line: string, ...patches: Patch[]): Result {
  return orlop.run(place.bundle(shell(line), ...patches), place.id());
}

/** A container that does nothing. */
function container(...patches: Patch[]): string {
  const id = place.id();
  orlop.run(place.bundle(process_({ args: ['/bin/sleep', '1000'] }), ...patches), id, '-d').ok();
  return id;
}

describe.skipIf(hasApparmor)('without AppArmor', () => {
  it('a profile is an error at its place, and nothing has been started', () => {
    const result = run('true', process_({ apparmorProfile: 'docker-default' }));
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('error[OCI123] security-module-off: process.apparmorProfile is "docker-default"');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/process\/apparmorProfile/);
  });

  it('of exec too', () => {
    const result = orlop.call(['exec', '--apparmor', 'x', container(), 'true']);
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('this host does not have AppArmor enabled');
  });
});

describe.skipIf(hasSelinux)('without SELinux', () => {
  it.each([
    ['/process/selinuxLabel', process_({ selinuxLabel: 'u:r:t:s0' })],
    ['/linux/mountLabel', linux({ mountLabel: 'u:r:t:s0' })],
  ])('%s is an error at its place', (pointer, patch) => {
    const result = run('true', patch);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('this host does not have SELinux enabled');
    expect(result.stderr).toMatch(new RegExp(`config\\.json:\\d+:\\d+ ${pointer}`));
  });

  it('of exec too', () => {
    const result = orlop.call(['exec', '--process-label', 'u:r:t:s0', container(), 'true']);
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('this host does not have SELinux enabled');
  });
});

describe.skipIf(!hasApparmor)('AppArmor', () => {
  const profile = process_({ apparmorProfile: 'orlop-test' });
  beforeAll(() => writeFileSync('/sys/kernel/security/apparmor/.replace', fixture('apparmor.bin')));
  afterAll(() => writeFileSync('/sys/kernel/security/apparmor/.remove', 'orlop-test'));

  it('the process is under its profile, which is enforced', () => {
    const line = 'cat /proc/self/attr/apparmor/current; echo secret > /etc/forbidden; cat /etc/forbidden 2>&1';
    expect(run(line, profile).lines).toEqual([
      'orlop-test (enforce)',
      "cat: can't open '/etc/forbidden': Permission denied",
    ]);
    expect(run(line).ok().lines).toEqual(['unconfined', 'secret']);
  });

  it('of a user without capabilities, who gains no privileges', () => {
    const user = { uid: 1000, gid: 1000 };
    const line = 'cat /proc/self/attr/apparmor/current; grep -E "^(Uid|NoNewPrivs|CapEff)" /proc/self/status';
    const result = run(line, profile, process_({ user, capabilities: {}, noNewPrivileges: true }));
    expect(result.ok().lines).toEqual([
      'orlop-test (enforce)',
      'Uid:\t1000\t1000\t1000\t1000',
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
    ]);
  });

  it('exec has that of the container, or one of its own', () => {
    const current = ['cat', '/proc/self/attr/apparmor/current'];
    expect(orlop.call(['exec', container(profile), ...current]).ok().stdout).toBe('orlop-test (enforce)\n');
    const id = container();
    expect(orlop.call(['exec', id, ...current]).ok().stdout).toBe('unconfined\n');
    expect(orlop.call(['exec', '--apparmor', 'orlop-test', id, ...current]).ok().stdout).toBe('orlop-test (enforce)\n');
  });

  it('a profile that nobody has loaded is an error', () => {
    const result = run('true', process_({ apparmorProfile: 'nosuch' }));
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      'apparmor nosuch failed: ENOENT (no such file or directory): write(target, "exec nosuch"',
    );
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/process\/apparmorProfile/);
    expect(result.stderr).toContain('no profile of this name is loaded');
  });

  it('a container without a profile is not confined', () => {
    expect(run('cat /proc/1/attr/apparmor/current').ok().stdout).toBe('unconfined\n');
  });
});

describe.skipIf(!hasSelinux)('SELinux', () => {
  const LABEL = 'u:r:box_t:s0:c1,c2';
  const FILES = 'u:object_r:box_file_t:s0:c1,c2';
  beforeAll(() => {
    if (!existsSync('/sys/fs/selinux/load')) spawnSync('mount', ['-t', 'selinuxfs', 'selinuxfs', '/sys/fs/selinux']);
    // A machine with a policy of its own is left alone.
    if (readFileSync('/proc/self/attr/current', 'latin1').startsWith('kernel'))
      writeFileSync('/sys/fs/selinux/load', fixture('selinux.bin'));
    expect(readFileSync('/proc/self/attr/current', 'latin1')).toContain('u:r:host_t:s0');
  });

  it('the process has its label', () => {
    const line = 'cat /proc/self/attr/current | tr -d "\\0"; echo; cat /proc/self/attr/exec /proc/self/attr/keycreate';
    const text = run(line, process_({ selinuxLabel: LABEL })).ok().stdout;
    expect(text).toBe(`${LABEL}\n`);
  });

  it('exec has that of the container, or one of its own', () => {
    const current = ['sh', '-c', 'cat /proc/self/attr/current | tr -d "\\0"'];
    const id = container(process_({ selinuxLabel: LABEL }));
    expect(orlop.call(['exec', id, ...current]).ok().stdout).toBe(LABEL);
    expect(orlop.call(['exec', '--process-label', 'u:r:box_t:s0:c0', id, ...current]).ok().stdout).toBe(
      'u:r:box_t:s0:c0',
    );
  });

  it('its keyring has the label of the process', () => {
    const id = container(process_({ selinuxLabel: LABEL }), linux({ maskedPaths: [] }));
    const keys = orlop.call(['exec', id, 'cat', '/proc/keys']).ok().lines;
    const key = keys.find((line) => line.includes(`_ses.${id}`)) ?? '';
    expect(keyLabel(Number.parseInt(key, 16))).toBe(LABEL);
  });

  it('new filesystems have the mount label', () => {
    const id = container(linux({ mountLabel: FILES, maskedPaths: ['/proc/acpi', '/sys/firmware'] }));
    const mounts = orlop.call(['exec', id, 'cat', '/proc/self/mountinfo']).ok().lines;
    const of = (path: string): string => mounts.find((line) => line.split(' ')[4] === path) ?? '';
    for (const path of ['/dev', '/dev/pts', '/dev/shm', '/sys/firmware']) {
      expect(of(path), path).toContain(`context="${FILES}"`);
    }
    for (const path of ['/', '/proc', '/sys']) expect(of(path), path).not.toContain('context=');
    const { pid } = orlop.state(id);
    const queue = spawnSync('getfattr', ['--only-values', '-n', 'security.selinux', `/proc/${pid}/root/dev/mqueue`]);
    expect(queue.stdout.toString().replace('\0', '')).toBe(FILES);
  });

  it('a label that the policy has not is an error', () => {
    const result = run('true', process_({ selinuxLabel: 'u:r:nosuch_t:s0' }), (config) => {
      config.process.args = ['/bin/true'];
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('EINVAL (invalid argument): write(target, "u:r:nosuch_t:s0"');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/process\/selinuxLabel/);
    const mount = run('true', linux({ mountLabel: 'u:object_r:nosuch_t:s0' }));
    expect(mount.status).toBe(1);
    expect(mount.stderr).toContain('"context", "u:object_r:nosuch_t:s0"');
  });
});

/** man 2 keyctl_get_security */
function keyLabel(key: number): string {
  const KEYCTL_GET_SECURITY = 17;
  const __NR_keyctl = 250;
  const libc = koffi.load(null);
  const syscall = libc.func('long syscall(long, long, long, void *, size_t)');
  const bytes = Buffer.alloc(256);
  const length = syscall(__NR_keyctl, KEYCTL_GET_SECURITY, key, bytes, bytes.length);
  if (length < 0) throw new Error(`keyctl(KEYCTL_GET_SECURITY, ${key.toString(16)}) failed`);
  return bytes.subarray(0, length - 1).toString();
}
