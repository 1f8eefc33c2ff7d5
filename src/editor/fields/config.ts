import * as words from '../words/words.ts';
import { below, type Fields, field, required } from './field.ts';

const HOOKS = 'config.md#posix-platform-hooks';

const HOOK: Fields = {
  path: required('string', HOOKS, 'The program, by its absolute path.'),
  args: field('string[]', HOOKS, 'Its arguments; the first is its own name.'),
  env: field(
    'string[]',
    HOOKS,
    'Its environment, `NAME=VALUE` each. Without it that of the caller; of createContainer and startContainer that of the process.',
  ),
  timeout: field('int64', HOOKS, 'Seconds after which it is killed and has failed; more than 0.', { example: '10' }),
};

const HOOK_KINDS: Readonly<Record<string, [anchor: string, about: string]>> = {
  prestart: ['prestart', 'Called when the namespaces are there, before `pivot_root`. Use `createRuntime` instead.'],
  createRuntime: ['createruntime-hooks', "Called by create, in the runtime's namespaces, before `pivot_root`."],
  createContainer: ['createcontainer-hooks', "Called by create, in the container's namespaces, before `pivot_root`."],
  startContainer: ['startcontainer-hooks', 'Called by start, in the container, before the process is executed.'],
  poststart: ['poststart', "Called when the process has been executed, in the runtime's namespaces."],
  poststop: ['poststop', "Called when the container is deleted, in the runtime's namespaces."],
};

function hooks(): Fields {
  const fields: Fields = {};
  for (const [kind, [anchor, about]] of Object.entries(HOOK_KINDS)) {
    const isDeprecated = kind === 'prestart';
    const all = `${about} They get its state on standard input.`;
    fields[`/hooks/${kind}`] = field('object[]', `config.md#${anchor}`, all, { isDeprecated });
    Object.assign(fields, below(`/hooks/${kind}/*`, HOOK));
  }
  return fields;
}

const MAPPINGS = 'config-linux.md#user-namespace-mappings';

export const ID_MAPPING: Fields = {
  containerID: required('uint32', MAPPINGS, 'The first id in the container.', { example: '0' }),
  hostID: required('uint32', MAPPINGS, 'The id of the host that it stands for.', { example: '100000' }),
  size: required('uint32', MAPPINGS, 'How many ids in a row are mapped.', { example: '65536' }),
};

const MOUNTS = 'config.md#mounts';

const MOUNT: Fields = {
  destination: required('string', MOUNTS, 'Where in the container it is mounted, an absolute path.'),
  source: field('string', MOUNTS, 'A device, a name, or for a bind mount a path of the host or below the bundle.'),
  type: field('string', MOUNTS, 'The filesystem, as `/proc/filesystems` has it. A bind mount is made by its options.', {
    words: words.FILESYSTEMS,
  }),
  options: field('string[]', 'config.md#linux-mount-options', 'Mount options; what is none is for the filesystem.', {
    words: words.MOUNT_OPTIONS,
  }),
  uidMappings: field('object[]', MOUNTS, 'Users of the mounted filesystem and of the mount. Needs `idmap`.'),
  gidMappings: field('object[]', MOUNTS, 'Groups of the mounted filesystem and of the mount. Needs `idmap`.'),
};

const PLATFORM = 'config.md#platform-specific-configuration';

/** runtime-spec config.md, but for process and linux. */
export const CONFIG: Fields = {
  '/ociVersion': required(
    'string',
    'config.md#specification-version',
    'The version of runtime-spec that the config is written for.',
    { words: words.OCI_VERSIONS, example: '"1.3.0"' },
  ),
  '/root': field('object', 'config.md#root', "The container's root filesystem. Required on Linux."),
  '/root/path': required('string', 'config.md#root', 'Its directory: absolute, or below the bundle.', {
    example: '"rootfs"',
  }),
  '/root/readonly': field('boolean', 'config.md#root', 'Whether the container may not write to it.', {
    example: 'true',
  }),
  '/mounts': field('object[]', MOUNTS, 'What is mounted in the container, in this order, on top of the root.'),
  ...below('/mounts/*', MOUNT),
  ...below('/mounts/*/uidMappings/*', ID_MAPPING),
  ...below('/mounts/*/gidMappings/*', ID_MAPPING),
  '/hostname': field('string', 'config.md#hostname', 'Its hostname, up to 64 bytes. Needs a uts namespace.'),
  '/domainname': field('string', 'config.md#domainname', 'Its NIS domain name. Needs a uts namespace.'),
  '/hooks': field('object', HOOKS, 'Programs that are called in the course of its life.'),
  ...hooks(),
  '/annotations': field('string{}', 'config.md#annotations', 'Notes for tools, by names such as `com.example.key`.', {
    keys: words.ANNOTATIONS,
  }),
  '/linux': field('object', PLATFORM, 'What only Linux has.'),
  '/windows': field('object', PLATFORM, 'For Windows; ignored on Linux.'),
  '/vm': field('object', PLATFORM, 'For runtimes that start virtual machines; ignored by others.'),
  '/solaris': field('object', PLATFORM, 'For Solaris; ignored on Linux.'),
  '/zos': field('object', PLATFORM, 'For z/OS; ignored on Linux.'),
  '/freebsd': field('object', PLATFORM, 'For FreeBSD; ignored on Linux.'),
};
