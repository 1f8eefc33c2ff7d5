// Profiles and labels, call by call; test/system/security.test.ts has them with the modules that the kernel has.

import { describe, expect, test } from 'vitest';
import type { ExecRequest } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, findings, open, request, V1, V2 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const LABEL = 'system_u:system_r:container_t:s0:c1,c2';

function rows(changes: Record<string, unknown>, cgroup = V1): string[] {
  const document = open(changed(runc, changes));
  document.plan(request(cgroup, { ignoreUnsupported: true }));
  document.image();
  return document.rows().map(({ text }) => text);
}

/** The rows from the first that has these words on, as many as are asked for. */
function from(all: string[], words: string, count: number): string[] {
  const start = all.findIndex((row) => row.includes(words));
  expect(start).toBeGreaterThan(0);
  return all
    .slice(start, start + count)
    .map((row) => row.replace(/, \{flags=.*?\}, 24\)/, ', …)').replace(/ {2,}.*| → \d+/, ''));
}

const VERIFIED = ['fstatfs(target, statfs)', 'if statfs.type == 0x9fa0'];
const attribute = (name: string, text: string) => [
  `openat2(proc, "self/attr/${name}", …) = target`,
  ...VERIFIED,
  `openat2(proc, "self/attr/${name}", …) = target`,
  `write(target, "${text}", ${text.length})`,
  'close(target)',
];

describe('process.apparmorProfile', () => {
  test('is what execve changes to, written to procfs and nothing else', () => {
    const all = rows({ '/process/apparmorProfile': 'docker-default' });
    expect(from(all, 'attr/apparmor', 6)).toEqual(attribute('apparmor/exec', 'exec docker-default'));
    const flags = all.filter((row) => row.includes('attr/apparmor'));
    expect(flags[0]).toContain('O_WRONLY|O_CLOEXEC, resolve=RESOLVE_NO_XDEV|RESOLVE_NO_MAGICLINKS|RESOLVE_BENEATH');
    expect(flags[1]).toContain('O_WRONLY|O_DIRECTORY|O_CLOEXEC');
  });

  test('is written while the process is still root, and before nothing of it can be any more', () => {
    const all = rows({ '/process/apparmorProfile': 'x', '/process/user': { uid: 5, gid: 5 } });
    const at = (word: string) => all.findIndex((row) => row.includes(word));
    expect(at('pivot_root')).toBeLessThan(at('attr/apparmor'));
    expect(at('attr/apparmor')).toBeLessThan(at('PR_CAPBSET_DROP'));
    expect(at('attr/apparmor')).toBeLessThan(at('setresuid'));
    expect(at('attr/apparmor')).toBeLessThan(at('PR_SET_NO_NEW_PRIVS'));
  });
});

describe('process.selinuxLabel', () => {
  const all = rows({ '/process/selinuxLabel': LABEL });

  test('is what execve changes to', () => {
    expect(from(all, 'attr/exec', 6)).toEqual(attribute('exec', LABEL));
  });

  test('is the label of the session keyring, and of no other key', () => {
    expect(from(all, 'attr/keycreate', 14)).toEqual([
      ...attribute('keycreate', LABEL),
      'keyctl(KEYCTL_JOIN_SESSION_KEYRING, "_ses.box") = source',
      expect.stringContaining('KEYCTL_SETPERM'),
      ...attribute('keycreate', ''),
    ]);
  });
});

describe('linux.mountLabel', () => {
  const label = { '/linux/mountLabel': LABEL };
  const contexts = (all: string[]) => all.filter((row) => row.includes('"context"'));

  test('is the context of new filesystems that have none of their own', () => {
    // tmpfs of /dev and /dev/shm, devpts, the one of the v1 hierarchies, and the one that hides directories.
    const all = rows(label);
    expect(contexts(all)).toEqual(Array(5).fill(`fsconfig(filesystem, FSCONFIG_SET_STRING, "context", "${LABEL}", 0)`));
    expect(contexts(rows(label, V2))).toHaveLength(4);
  });

  test('of a message queue its root alone', () => {
    const all = rows(label);
    const at = all.findIndex((row) => row.startsWith('fsetxattr'));
    expect(all[at]).toBe(`fsetxattr(target, "security.selinux", "${LABEL}", ${LABEL.length}, 0)`);
    expect(all.filter((row) => row.startsWith('fsetxattr'))).toHaveLength(1);
  });

  test('a mount may name another', () => {
    const all = rows({ ...label, '/mounts/1/options/0': 'context=a:b:c:d' });
    expect(contexts(all).filter((row) => !row.includes(LABEL))).toEqual([
      'fsconfig(filesystem, FSCONFIG_SET_STRING, "context", "a:b:c:d", 0)',
    ]);
    expect(contexts(all)).toHaveLength(5);
  });

  test('is quoted for mount(2), where commas end an option', () => {
    const all = rows({ ...label, '/mounts/1/options/0': 'iversion' });
    expect(all.find((row) => row.startsWith('mount('))).toContain(`context=\\"${LABEL}\\"`);
  });

  test('without one there is none', () => {
    const all = rows({});
    expect(contexts(all)).toEqual([]);
    expect(all.filter((row) => row.startsWith('fsetxattr') || row.includes('/attr/'))).toEqual([]);
  });
});

describe('a host without the module', () => {
  test.each([
    ['/process/apparmorProfile', 'docker-default', 'AppArmor', ['selinux']],
    ['/process/selinuxLabel', LABEL, 'SELinux', ['apparmor']],
    ['/linux/mountLabel', LABEL, 'SELinux', []],
  ])('%s', (pointer, value, name, security) => {
    const config = changed(runc, { [pointer]: value });
    expect(findings(config, request(V1, { facts: { cgroup: V1, security } }))).toMatchObject([
      {
        rule: 'OCI123',
        severity: 'error',
        path: pointer,
        message: expect.stringContaining(`this host does not have ${name} enabled`),
      },
    ]);
    expect(findings(config, request(V1, { facts: { cgroup: V1, security: ['apparmor', 'selinux'] } }))).toEqual([]);
  });
});

test('of exec: by option, or by a process of its own', () => {
  const calls = (exec: ExecRequest, process?: object): string[] => {
    const document = open(runc);
    document.exec(process && new TextEncoder().encode(JSON.stringify(process)), request(V1, { exec }));
    document.image('/');
    const all = document.rows().map(({ text }) => text);
    return all.filter((text) => /^write\(target/.test(text)).slice(-2);
  };
  const own = { cwd: '/', args: ['id'], apparmorProfile: 'own', selinuxLabel: 'a:b:c:d' };
  const wanted = (profile: string) => [`write(target, "exec ${profile}", ${5 + profile.length})`];
  expect(calls({ args: ['id'], apparmorProfile: 'p' }).slice(-1)).toEqual(wanted('p'));
  expect(calls({}, own)).toEqual([...wanted('own'), 'write(target, "a:b:c:d", 7)']);
  expect(calls({ apparmorProfile: 'p', selinuxLabel: 'e:f:g:h' }, own)).toEqual([
    ...wanted('p'),
    'write(target, "e:f:g:h", 7)',
  ]);
});
