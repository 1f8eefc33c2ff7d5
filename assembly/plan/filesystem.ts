import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { Device } from '../spec/linux';
import { List, Value } from '../spec/value';
import { hasHostDev, planMounts, planNotify, propagationName } from './mounts';
import { planIpcNamespace } from './namespaces';
import { absolute, cleanPath, hasNul } from './paths';
import { Planner } from './planner';
import { planSource, SourceStep } from './sources';
import { Step, TextStep, Verb } from './step';
import { planIdentity } from './user-namespace';

/** The root filesystem. */
export class RootStep extends TextStep {
  /** Where it was opened before. */
  opened: SourceStep | null = null;
  /** Mounts that the host makes below its path arrive. */
  isSlave: bool = false;
}

/** How mount events travel between the container's tree and the host's. */
export class PropagationStep extends Step {
  constructor(
    public propagation: u64,
    node: i32,
  ) {
    super(Verb.PROPAGATION, node);
  }

  override write(writer: Writer): void {
    writer.field('propagation', propagationName(this.propagation));
  }
}

/** The change of root; `propagation` is what the new root then gets (0: as it is). */
export class PivotStep extends Step {
  constructor(
    public isChroot: bool,
    public propagation: u64,
    node: i32,
  ) {
    super(Verb.PIVOT, node);
  }

  override describe(): string {
    return this.isChroot ? 'chroot' : 'pivot_root';
  }

  override write(writer: Writer): void {
    writer.field('how', this.describe());
    if (this.propagation) writer.field('propagation', propagationName(this.propagation));
  }
}

export class DeviceStep extends Step {
  mode: u64 = 0o666;
  uid: u64 = 0;
  gid: u64 = 0;
  /** Not made, but the host's own. */
  isBound: bool = false;

  constructor(
    public path: string,
    /** b, c, u or p */
    public type: string,
    public major: u64,
    public minor: u64,
    node: i32,
  ) {
    super(Verb.DEVICE, node);
  }

  override describe(): string {
    return `device ${this.path} (${this.type} ${this.major}:${this.minor})`;
  }

  override write(writer: Writer): void {
    writer.field('file', this.path);
    writer.field('type', this.type);
    writer.fieldInteger('major', this.major);
    writer.fieldInteger('minor', this.minor);
    if (this.isBound) {
      writer.fieldBoolean('bound', true);
      return;
    }
    writer.fieldInteger('fileMode', this.mode);
    if (this.uid) writer.fieldInteger('uid', this.uid);
    if (this.gid) writer.fieldInteger('gid', this.gid);
  }
}

export class LinkStep extends Step {
  /** What stands there before is removed: /dev/ptmx of a bound devtmpfs. */
  replaces: bool = false;

  constructor(
    public file: string,
    public target: string,
  ) {
    super(Verb.LINK, NONE);
  }

  override describe(): string {
    return `link ${this.file} → ${this.target}`;
  }

  override write(writer: Writer): void {
    writer.field('file', this.file);
    writer.field('target', this.target);
  }
}

/** From the host's tree to the container's, all but the change of root itself. */
export function planFilesystem(planner: Planner): void {
  planRoot(planner);
  planIdentity(planner);
  planIpcNamespace(planner);
  planMounts(planner);
  planNotify(planner);
  if (!hasHostDev(planner)) planDevices(planner);
}

// include/uapi/linux/mount.h
const MS_REC: u64 = 1 << 14;
const MS_UNBINDABLE: u64 = 1 << 17;
const MS_PRIVATE: u64 = 1 << 18;
const MS_SLAVE: u64 = 1 << 19;
const MS_SHARED: u64 = 1 << 20;

function planRoot(planner: Planner): void {
  const root = planner.spec.root;
  if (!root) {
    planner.error('OCI008', planner.spec.node, 'there is no root', 'add "root": { "path": "rootfs" }');
    return;
  }
  const path = root.path;
  if (!path) return;
  if (path.value == '' || hasNul(path.value)) {
    planner.error('OCI009', path.node, 'root.path is not a path', 'name the directory of the root filesystem');
    return;
  }
  if (!planner.namespaces.has('mount')) {
    planner.error(
      'OCI909',
      planner.spec.node,
      'the container has no mount namespace: its mounts would be made on the host',
      'add { "type": "mount" } to linux.namespaces',
    );
    return;
  }
  // Slave: mounts of the host arrive, those of the container stay. What the spec asks for is set after pivot_root.
  const linux = planner.spec.linux;
  const propagation = linux ? linux.rootfsPropagation : null;
  const wanted = propagation ? rootPropagation(propagation.value) : 0;
  const meanwhile = wanted & MS_SHARED ? MS_SHARED : wanted & (MS_PRIVATE | MS_UNBINDABLE) ? MS_PRIVATE : MS_SLAVE;
  planner.add(new PropagationStep(meanwhile | MS_REC, propagation ? propagation.node : NONE));
  // A mount namespace of a user namespace gets mounts from the host's, and gives it none.
  planner.sourcePropagation = meanwhile == MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
  const step = new RootStep(Verb.ROOT, 'directory', absolute(planner.request.bundle, path.value), path.node);
  step.isSlave = meanwhile == MS_SLAVE;
  step.opened = planSource(planner, step.text, true, path.node);
  planner.root = planner.steps.length;
  planner.add(step);
}

/** MS_* of linux.rootfsPropagation, 0 if unset; runc takes the r-forms too. */
export function rootPropagation(name: string): u64 {
  const bare = name.startsWith('r') ? name.substring(1) : name;
  const recursive: u64 = name.startsWith('r') ? MS_REC : 0;
  if (bare == 'unbindable') return MS_UNBINDABLE | recursive;
  if (bare == 'private') return MS_PRIVATE | recursive;
  if (bare == 'slave') return MS_SLAVE | recursive;
  if (bare == 'shared') return MS_SHARED | recursive;
  return 0;
}

/** runtime-spec config-linux.md#default-devices, then linux.devices, then the links of runtime-linux.md#dev-symbolic-links. */
function planDevices(planner: Planner): void {
  const listed = new Set<string>();
  const linux = planner.spec.linux;
  const devices: List<Device> | null = linux ? linux.devices : null;
  const configured: DeviceStep[] = [];
  if (devices) {
    for (let index = 0; index < devices.items.length; index++) {
      const step = readDevice(planner, devices.items[index]);
      if (!step) continue;
      listed.add(step.path);
      configured.push(step);
    }
  }
  const names: string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
  const minors: u64[] = [3, 5, 7, 8, 9, 0];
  for (let index = 0; index < names.length; index++) {
    const path = `/dev/${names[index]}`;
    if (!listed.has(path))
      addDevice(planner, new DeviceStep(path, 'c', names[index] == 'tty' ? 5 : 1, minors[index], NONE));
  }
  for (let index = 0; index < configured.length; index++) addDevice(planner, configured[index]);

  planner.add(new LinkStep('/dev/fd', '/proc/self/fd'));
  planner.add(new LinkStep('/dev/stdin', '/proc/self/fd/0'));
  planner.add(new LinkStep('/dev/stdout', '/proc/self/fd/1'));
  planner.add(new LinkStep('/dev/stderr', '/proc/self/fd/2'));
  const ptmx = new LinkStep('/dev/ptmx', 'pts/ptmx');
  ptmx.replaces = true;
  if (!listed.has('/dev/ptmx')) planner.add(ptmx);
}

function addDevice(planner: Planner, step: DeviceStep): void {
  step.isBound = step.type != 'p' && planner.bindsDevices;
  planner.add(step);
}

function readDevice(planner: Planner, device: Device): DeviceStep | null {
  const path = device.path;
  const type = device.type;
  if (!path || !type) return null;
  if (!path.value.startsWith('/') || hasNul(path.value)) {
    planner.error(
      'OCI602',
      path.node,
      `the device path "${path.value}" is not absolute`,
      'name it from the root, such as /dev/fuse',
    );
    return null;
  }
  const major = device.major;
  const minor = device.minor;
  if (type.value != 'p' && (!major || !minor)) {
    planner.error(
      'OCI601',
      device.node,
      `the device ${path.value} has no major and minor`,
      'give both numbers, as `ls -l` shows them',
    );
    return null;
  }
  const step = new DeviceStep(
    cleanPath(path.value),
    type.value,
    major ? <u64>major.value : 0,
    minor ? <u64>minor.value : 0,
    device.node,
  );
  const mode = device.fileMode;
  if (type.value != 'p' && planner.bindsDevices && (mode || device.uid || device.gid)) {
    planner.report.info(
      'OCI611',
      device.node,
      `${path.value} is the host's own ${planner.isInUserNamespace ? 'in a user namespace' : 'without CAP_MKNOD'}: it keeps its mode and owner`,
      '',
    );
  }
  if (mode) step.mode = mode.value & 0o777;
  const uid = device.uid;
  if (uid) step.uid = uid.value;
  const gid = device.gid;
  if (gid) step.gid = gid.value;
  return step;
}

export function planPivot(planner: Planner): void {
  const linux = planner.spec.linux;
  const propagation = linux ? linux.rootfsPropagation : null;
  const flags = propagation ? rootPropagation(propagation.value) : 0;
  planner.add(new PivotStep(planner.request.noPivot, flags, propagation ? propagation.node : NONE));
}

/** What is hidden or made read-only last, when all mounts are in place. */
export function planProtection(planner: Planner): void {
  const linux = planner.spec.linux;
  if (linux) {
    planPaths(planner, linux.maskedPaths, Verb.MASK);
    planPaths(planner, linux.readonlyPaths, Verb.READONLY);
  }
  for (let index = 0; index < planner.seals.length; index++) planner.add(planner.seals[index]);
  const root = planner.spec.root;
  if (!root) return;
  const readonly = root.readonly;
  if (readonly && readonly.value) planner.add(new TextStep(Verb.SEAL, 'file', '/', readonly.node));
}

function planPaths(planner: Planner, paths: List<Value<string>> | null, verb: Verb): void {
  if (!paths) return;
  for (let index = 0; index < paths.items.length; index++) {
    const path = paths.items[index];
    if (!path.value.startsWith('/') || hasNul(path.value)) {
      planner.error('OCI211', path.node, `"${path.value}" is not an absolute path`, 'start it with /');
      continue;
    }
    planner.add(new TextStep(verb, 'file', cleanPath(path.value), path.node));
  }
}
