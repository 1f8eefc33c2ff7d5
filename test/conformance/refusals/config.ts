import { HUGE, type Refusal, type Refusals } from './refusal.ts';

function mount(fields: object, ...says: string[]): Refusal {
  return { config: { '/mounts/-': { destination: '/x', ...fields } }, pointer: '/mounts/7', says };
}

const ids = [{ containerID: 0, hostID: 5, size: 1 }];
/** procfs has no id-mapped mounts. */
const mapped = mount(
  { source: '/proc', options: ['bind', 'idmap'], uidMappings: ids, gidMappings: ids },
  'mount_setattr(',
  'EINVAL',
);
const ANY_ID = 'nothing: root maps any id, and a range that is none is a finding';

export const CONFIG: Refusals = {
  ociVersion: 'nothing: it is passed on',
  'root.path': { config: { '/root/path': 'nowhere' }, pointer: '/root/path', says: ['stat(', 'ENOENT'] },
  'root.readonly': 'nothing: the mount is our own',
  'mounts[].destination': mount({ destination: '/bin/busybox/x', type: 'tmpfs', source: 'x' }, 'openat2(', 'ENOTDIR'),
  'mounts[].source': mount({ source: '/no/such/source', options: ['bind'] }, 'open_tree(', 'ENOENT'),
  'mounts[].type': mount({ type: 'nosuchfs', source: 'x' }, 'fsopen(', 'ENODEV'),
  'mounts[].options[]': mount({ type: 'tmpfs', source: 'x', options: ['size=banana'] }, 'fsconfig(', 'EINVAL'),
  'mounts[].uidMappings[]': mapped,
  'mounts[].gidMappings[]': mapped,
  hostname: { config: { '/hostname': 'h'.repeat(65) }, pointer: '/hostname', says: ['sethostname(', 'EINVAL'] },
  domainname: {
    config: { '/domainname': 'd'.repeat(65) },
    pointer: '/domainname',
    says: ['setdomainname(', 'EINVAL'],
  },
  'annotations{}': 'nothing: they are in the state',
};

for (const kind of ['uid', 'gid'])
  for (const member of ['containerID', 'hostID', 'size']) CONFIG[`mounts[].${kind}Mappings[].${member}`] = ANY_ID;

for (const kind of ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop']) {
  const call = kind.endsWith('Container') ? 'execve(' : 'posix_spawn(';
  const hook = (fields: object, errno: string): Refusal => ({
    config: { [`/hooks/${kind}`]: [{ path: '/bin/true', ...fields }] },
    pointer: `/hooks/${kind}/0`,
    says: [call, errno],
    // What poststop hooks do wrong is told, and the container is deleted all the same.
    isWarning: kind === 'poststop',
  });
  CONFIG[`hooks.${kind}[].path`] = hook({ path: '/no/such/hook' }, 'ENOENT');
  CONFIG[`hooks.${kind}[].args[]`] = hook({ args: ['true', HUGE] }, 'E2BIG');
  CONFIG[`hooks.${kind}[].env[]`] = hook({ env: [`A=${HUGE}`] }, 'E2BIG');
  CONFIG[`hooks.${kind}[].timeout`] = 'nothing: the clock is our own';
}
