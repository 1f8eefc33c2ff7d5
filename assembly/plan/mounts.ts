import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { Mount } from '../spec/mounts';
import { planCgroupMount } from './cgroup-mount';
import { findOption, MountOptions, OptionKind } from './mount-options';
import { checkMountable } from './mountable';
import { absolute, cleanPath, hasNul } from './paths';
import { Planner } from './planner';
import { mountLabel } from './security';
import { MountIdsStep, planMountIds, planSource, SourceStep } from './sources';
import { Step, TextStep, Verb, writeTexts } from './step';

/** include/uapi/linux/mount.h */
const MOUNT_ATTR_RDONLY: u64 = 1;
const MS_RDONLY: u64 = 1;

/** A new filesystem on a path of the container. */
export class MountStep extends Step {
  constructor(
    public type: string,
    public source: string,
    public destination: string,
    public options: MountOptions,
    node: i32,
  ) {
    super(Verb.MOUNT, node);
  }

  override describe(): string {
    return `mount of "${this.type}" on ${this.destination}`;
  }

  /** A tmpfs that names no mode has that of the directory which it covers, as under runc and crun; 1777 where there is none. */
  get takesMode(): bool {
    if (this.type != 'tmpfs') return false;
    const data = this.options.data;
    // A text may hold several options.
    for (let index = 0; index < data.length; index++) if (`,${data[index]}`.includes(',mode=')) return false;
    return true;
  }

  override write(writer: Writer): void {
    writer.field('type', this.type);
    writer.field('source', this.source);
    writer.field('destination', this.destination);
    if (this.takesMode) writer.fieldBoolean('takesMode', true);
    if (this.options.copiesUp) writer.fieldBoolean('copiesUp', true);
    if (this.options.label != '') writer.field('label', this.options.label);
    writeOptions(writer, this.options);
  }
}

/** A file or directory of the host on a path of the container. */
export class BindStep extends Step {
  /** The source where it was opened before, else how its ids are mapped. */
  opened: SourceStep | null = null;
  ids: MountIdsStep | null = null;

  constructor(
    public source: string,
    public destination: string,
    public options: MountOptions,
    node: i32,
  ) {
    super(Verb.BIND, node);
  }

  override describe(): string {
    return `bind of ${this.source} on ${this.destination}`;
  }

  override write(writer: Writer): void {
    writer.field('source', this.source);
    writer.field('destination', this.destination);
    if (this.options.isRecursive) writer.fieldBoolean('recursive', true);
    if (this.ids) writer.field('ids', this.options.isIdMappedBelow ? 'ridmap' : 'idmap');
    writeOptions(writer, this.options);
  }
}

/** New attributes for what is mounted on a path of the container already. */
export class RemountStep extends Step {
  constructor(
    public destination: string,
    public options: MountOptions,
    node: i32,
  ) {
    super(Verb.REMOUNT, node);
  }

  override describe(): string {
    return `remount of ${this.destination}`;
  }

  override write(writer: Writer): void {
    writer.field('destination', this.destination);
    writeOptions(writer, this.options);
  }
}

const ATTRIBUTES: string[] = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'strictatime', 'nodiratime', 'nosymfollow'];
const ATTRIBUTE_BITS: u64[] = [1, 2, 4, 8, 0x10, 0x20, 0x80, 0x200000];
const PROPAGATIONS: string[] = ['unbindable', 'private', 'slave', 'shared'];

export function writeOptions(writer: Writer, options: MountOptions): void {
  const attributes: string[] = [];
  const cleared: string[] = [];
  for (let index = 0; index < ATTRIBUTES.length; index++) {
    const bit = ATTRIBUTE_BITS[index];
    if (options.set & bit) attributes.push(ATTRIBUTES[index]);
    if (options.setRecursive & bit) attributes.push(`r${ATTRIBUTES[index]}`);
    if (options.clear & bit) cleared.push(ATTRIBUTES[index]);
    if (options.clearRecursive & bit) cleared.push(`r${ATTRIBUTES[index]}`);
  }
  const links: string[] = [];
  if (options.copiesLink) links.push('copy-symlink');
  if (options.bindsLink) links.push('src-nofollow');
  if (options.coversLink) links.push('dest-nofollow');
  writeTexts(writer, 'links', links);
  writeTexts(writer, 'attributes', attributes);
  writeTexts(writer, 'without', cleared);
  if (options.propagation) writer.field('propagation', propagationName(options.propagation));
  writeTexts(writer, 'data', options.data);
}

/** `rslave` for MS_SLAVE|MS_REC */
export function propagationName(propagation: u64): string {
  for (let index = 0; index < PROPAGATIONS.length; index++) {
    if (propagation & ((<u64>1) << (17 + index))) return (propagation & (1 << 14) ? 'r' : '') + PROPAGATIONS[index];
  }
  return '';
}

/** runtime-spec config.md#mounts: in the listed order. */
export function planMounts(planner: Planner): void {
  const mounts = planner.spec.mounts;
  if (!mounts) return;
  for (let index = 0; index < mounts.items.length; index++) planMount(planner, mounts.items[index]);
}

/** Whether the container's /dev is the host's own, so that nothing must be made there. */
export function hasHostDev(planner: Planner): bool {
  const mounts = planner.spec.mounts;
  if (!mounts) return false;
  for (let index = 0; index < mounts.items.length; index++) {
    const mount = mounts.items[index];
    const destination = mount.destination;
    if (destination && cleanPath(destination.value) == '/dev' && readOptions(mount).isBind) return true;
  }
  return false;
}

function planMount(planner: Planner, mount: Mount): void {
  const destination = mount.destination;
  if (!destination) return;
  if (hasNul(destination.value)) {
    planner.error('OCI013', destination.node, 'the destination holds a NUL character', '');
    return;
  }
  const path = cleanPath(destination.value);
  const options = readOptions(mount);
  const ids = planMountIds(planner, mount, options);
  const typeValue = mount.type;
  const type = typeValue ? typeValue.value : '';
  const sourceValue = mount.source;
  const source = sourceValue ? sourceValue.value : '';
  if (options.opensLink && (!options.isBind || options.isRemount)) {
    planner.warning(
      'OCI305',
      options.linkNode,
      `"${options.copiesLink ? 'copy-symlink' : 'src-nofollow'}" is about the source of a bind mount and has no effect here`,
      'remove it',
    );
    options.copiesLink = false;
    options.bindsLink = false;
  }
  if (options.copiesUp && (type != 'tmpfs' || options.isRemount || options.isBind)) {
    planner.error(
      'OCI314',
      mount.node,
      `tmpcopyup copies into a new tmpfs, and the mount on ${path} is none`,
      'make the type tmpfs, or remove the option',
    );
  } else if (options.isRemount) {
    planner.add(new RemountStep(path, options, mount.node));
  } else if (path == '/' && (options.isBind || (type != 'bind' && type != 'none' && type != ''))) {
    planner.error('OCI321', destination.node, 'the root itself is no place for a mount', 'use root.path');
  } else if (options.isBind) {
    planBind(planner, mount, source, path, options, ids);
  } else if (type == 'bind') {
    planner.error(
      'OCI302',
      typeValue!.node,
      'the type "bind" alone is no bind mount: there is no filesystem of that name',
      'add "bind" or "rbind" to options',
    );
  } else if (type == '' || type == 'none') {
    planner.error(
      'OCI320',
      mount.node,
      `the mount on ${path} has neither a type nor the option bind`,
      'name the filesystem in type, or add "rbind" to options',
    );
  } else if (type == 'cgroup' || type == 'cgroup2') {
    planCgroupMount(planner, path, options, mount.node);
  } else {
    // A tmpfs starts empty: what belongs into it comes first, then it is read-only.
    if (type == 'tmpfs' && (options.set | options.setRecursive) & MOUNT_ATTR_RDONLY) {
      options.set &= ~MOUNT_ATTR_RDONLY;
      options.setRecursive &= ~MOUNT_ATTR_RDONLY;
      options.flags &= ~MS_RDONLY;
      planner.seals.push(new TextStep(Verb.SEAL, 'file', path, mount.node));
    }
    options.label = labelOf(planner, type, options);
    checkMountable(planner, type, path, options, mount.node);
    planner.add(new MountStep(type, source == '' ? type : source, path, options, mount.node));
  }
}

function planBind(
  planner: Planner,
  mount: Mount,
  source: string,
  path: string,
  options: MountOptions,
  ids: MountIdsStep | null,
): void {
  if (source == '') {
    planner.error(
      'OCI303',
      mount.node,
      `the bind mount on ${path} has no source`,
      'name the file or directory of the host in source',
    );
    return;
  }
  for (let index = 0; index < options.data.length; index++) {
    planner.warning(
      'OCI305',
      options.dataNodes[index],
      `"${options.data[index]}" is no option of a bind mount and has no effect`,
      'remove it',
    );
  }
  options.data = [];
  addBind(planner, absolute(planner.request.bundle, source), path, options, mount.node, ids);
}

function addBind(
  planner: Planner,
  source: string,
  path: string,
  options: MountOptions,
  node: i32,
  ids: MountIdsStep | null = null,
): void {
  const step = new BindStep(source, path, options, node);
  step.ids = ids;
  step.opened = planSource(planner, source, options.isRecursive, node, options.opensLink);
  const opened = step.opened;
  if (opened) {
    opened.ids = ids;
    opened.isMappedBelow = options.isIdMappedBelow;
  }
  planner.add(step);
}

export function readOptions(mount: Mount): MountOptions {
  const options = new MountOptions();
  const list = mount.options;
  if (!list) return options;
  for (let index = 0; index < list.items.length; index++) {
    const text = list.items[index].value;
    const node = list.items[index].node;
    const option = findOption(text);
    if (!option) {
      if (text == '') continue;
      options.data.push(text);
      options.dataNodes.push(node);
    } else {
      options.apply(option);
      if (option.kind == OptionKind.COPY_LINK || option.kind == OptionKind.BIND_LINK) options.linkNode = node;
      if (option.kind == OptionKind.FILESYSTEM && !options.isBind) {
        options.data.push(text);
        options.dataNodes.push(node);
      }
    }
  }
  return options;
}

/** As under runc: what is in proc and sysfs has labels of its own, and a mount may name another one itself. */
function labelOf(planner: Planner, type: string, options: MountOptions): string {
  if (type == 'proc' || type == 'sysfs') return '';
  for (let index = 0; index < options.data.length; index++) if (options.data[index].startsWith('context=')) return '';
  return mountLabel(planner);
}

/** Where a container finds the socket to its supervisor. */
export const NOTIFY_DIRECTORY: string = '/run/notify';

/** man 3 sd_notify. The directory, and read-only: `start` makes a new socket, which the container must not replace. */
export function planNotify(planner: Planner): void {
  if (planner.request.notify == '') return;
  const options = new MountOptions();
  const names = ['bind', 'ro', 'nosuid', 'nodev', 'noexec'];
  for (let index = 0; index < names.length; index++) options.apply(findOption(names[index])!);
  addBind(planner, planner.request.notify, NOTIFY_DIRECTORY, options, NONE);
}
