import { Document, NONE } from '../json/document';
import { Report } from '../report';
import { ObjectReader } from '../spec/reader';
import { List, Pair, Value } from '../spec/value';

/** A cgroup v1 hierarchy of the host: where it is mounted and what it controls. */
export class Hierarchy {
  mount: string = '';
  /** Of a hierarchy without controllers, such as systemd's. */
  name: string = '';
  controllers: string[] = [];
  /** The caller's cgroup there, where the container may get none of its own. */
  own: string = '';
}

/** man 7 cgroups: how this host has its control groups. */
export class CgroupFacts {
  /** v1, hybrid (v1 with an empty v2 beside it), v2 or none */
  layout: string = 'v2';
  mount: string = '/sys/fs/cgroup';
  /** The v2 mount of a hybrid host. */
  unified: string = '';
  controllers: string[] = [];
  hierarchies: Hierarchy[] = [];
  /** Why the caller may make no cgroup of his own choice, '' if he may. */
  denied: string = '';
  /** Where a cgroup is made that config.json does not name. */
  base: string = '';

  get isUnified(): bool {
    return this.layout == 'v2';
  }

  get exists(): bool {
    return this.layout != 'none';
  }

  /** The directory of a controller's hierarchy, '' where the host has none. */
  mountOf(controller: string): string {
    if (this.isUnified) return this.controllers.includes(controller) ? this.mount : '';
    for (let index = 0; index < this.hierarchies.length; index++) {
      const hierarchy = this.hierarchies[index];
      if (hierarchy.controllers.includes(controller)) return hierarchy.mount;
    }
    return '';
  }
}

/** The systemd that makes the container's scope. */
export class SystemdFacts {
  /** Properties came one by one: the reference host is newer than all of them. */
  version: i32 = 260;
  /** The cgroup of a user's systemd, below which its slices are; '' for that of the system. */
  controlGroup: string = '';
  isUser: bool = false;
}

/** What the compiler must not look up. Left out, it is a documented reference host: cgroup v2, all capabilities. */
export class Facts {
  capabilities: u64 = (1 << 41) - 1;
  /** Of the caller, as its own user namespace numbers them. */
  uid: u64 = 0;
  gid: u64 = 0;
  /** The caller is in a user namespace that is not the first. */
  userNamespace: bool = false;
  cgroup: CgroupFacts = new CgroupFacts();
  systemd: SystemdFacts = new SystemdFacts();
  /** The caller's RLIMIT_NOFILE, which a JavaScript engine raises for itself; hard 0: unknown. */
  nofileSoft: u64 = 0;
  nofileHard: u64 = 0;
  /** Linux security modules that are enabled, of those that a config can ask for. */
  security: string[] = ['apparmor', 'selinux'];
  /** Where the resctrl filesystem is mounted, '' for nowhere. */
  resctrl: string = '/sys/fs/resctrl';
}

/** What `exec` asks for beside the process that it starts from. */
export class ExecRequest {
  /** The process is that of the container's config, and not one given for this call. */
  isOfConfig: bool = true;
  args: string[] = [];
  cwd: string = '';
  env: string[] = [];
  hasUser: bool = false;
  uid: u64 = 0;
  gid: u64 = 0;
  additionalGids: u64[] = [];
  capabilities: string[] = [];
  noNewPrivileges: bool = false;
  apparmorProfile: string = '';
  selinuxLabel: string = '';
  terminal: bool = false;
  /** Directories of v1 hierarchies to enter. */
  cgroups: string[] = [];
}

/** One launch: what the user asked for beside config.json, and the facts of the host. */
export class Request {
  id: string = 'ID';
  bundle: string = '/bundle';
  noPivot: bool = false;
  preserveFds: i32 = 0;
  ignoreUnsupported: bool = false;
  noNewKeyring: bool = false;
  /** NAME=VALUE each, which the host adds: LISTEN_FDS of socket activation. */
  environment: string[] = [];
  /** Directory of the host with the socket that takes what the container has to tell its supervisor; '' for none. */
  notify: string = '';
  exec: ExecRequest | null = null;
  /** Who makes the container's cgroup: cgroupfs (the host itself), systemd, or nobody (disabled). */
  cgroupManager: string = 'cgroupfs';
  /** Of an update: the container's unit, '' for none. */
  unit: string = '';
  facts: Facts = new Facts();
  /** Of an update: files of the container's cgroup and what they hold now. */
  current: List<Pair> | null = null;

  /** What a file holds now, '' if that is not known. */
  inForce(file: string): string {
    const pairs = this.current;
    if (!pairs) return '';
    for (let index = 0; index < pairs.items.length; index++) {
      if (pairs.items[index].key == file) return pairs.items[index].value.trim();
    }
    return '';
  }
}

/**
 * Reads a request (JSON, version 1; src/spec/orlop.v1.schema.json). A request is written by a program, so whatever is
 * wrong with it is an error, unknown keys too.
 */
export function readRequest(document: Document, report: Report): Request {
  const request = new Request();
  if (document.root == NONE) {
    request.facts.cgroup.controllers = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma'];
    return request;
  }
  const reader = new ObjectReader(document, document.root, report);
  const version = reader.requiredUnsigned('version', 1);
  if (version && version.value != 1) report.error('OCI004', version.node, 'the request is not of version 1', '');
  const id = reader.string('id');
  if (id) request.id = id.value;
  const bundle = reader.string('bundle');
  if (bundle) request.bundle = bundle.value;
  const noPivot = reader.boolean('noPivot');
  if (noPivot) request.noPivot = noPivot.value;
  const ignoreUnsupported = reader.boolean('ignoreUnsupported');
  if (ignoreUnsupported) request.ignoreUnsupported = ignoreUnsupported.value;
  const preserveFds = reader.unsigned('preserveFds', 65536);
  if (preserveFds) request.preserveFds = <i32>preserveFds.value;
  const noNewKeyring = reader.boolean('noNewKeyring');
  if (noNewKeyring) request.noNewKeyring = noNewKeyring.value;
  request.environment = readTexts(reader, 'environment');
  const notify = reader.string('notify');
  if (notify) request.notify = notify.value;
  const manager = reader.choice('cgroupManager', ['cgroupfs', 'systemd', 'disabled']);
  if (manager) request.cgroupManager = manager.value;
  const unit = reader.string('unit');
  if (unit) request.unit = unit.value;
  const exec = reader.object('exec');
  if (exec != NONE) request.exec = readExec(new ObjectReader(document, exec, report));
  request.current = reader.pairs('current');
  const facts = reader.object('facts');
  if (facts != NONE) readFacts(document, facts, report, request.facts);
  else request.facts.cgroup.controllers = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma'];
  reader.finish();
  return request;
}

function readExec(reader: ObjectReader): ExecRequest {
  const exec = new ExecRequest();
  exec.args = readTexts(reader, 'args');
  const cwd = reader.string('cwd');
  if (cwd) exec.cwd = cwd.value;
  exec.env = readTexts(reader, 'env');
  const uid = reader.unsigned('uid', u32.MAX_VALUE);
  const gid = reader.unsigned('gid', u32.MAX_VALUE);
  exec.hasUser = uid != null || gid != null;
  if (uid) exec.uid = uid.value;
  if (gid) exec.gid = gid.value;
  const groups = reader.numbers('additionalGids', u32.MAX_VALUE);
  if (groups)
    for (let index = 0; index < groups.items.length; index++) exec.additionalGids.push(groups.items[index].value);
  exec.capabilities = readTexts(reader, 'capabilities');
  const noNewPrivileges = reader.boolean('noNewPrivileges');
  if (noNewPrivileges) exec.noNewPrivileges = noNewPrivileges.value;
  const apparmor = reader.string('apparmorProfile');
  if (apparmor) exec.apparmorProfile = apparmor.value;
  const selinux = reader.string('selinuxLabel');
  if (selinux) exec.selinuxLabel = selinux.value;
  const terminal = reader.boolean('terminal');
  if (terminal) exec.terminal = terminal.value;
  exec.cgroups = readTexts(reader, 'cgroups');
  reader.finish();
  return exec;
}

function readFacts(document: Document, node: i32, report: Report, facts: Facts): void {
  const reader = new ObjectReader(document, node, report);
  const capabilities = reader.string('capabilities');
  if (capabilities) facts.capabilities = <u64>U64.parseInt(capabilities.value, 16);
  const uid = reader.unsigned('uid', u32.MAX_VALUE);
  if (uid) facts.uid = uid.value;
  const gid = reader.unsigned('gid', u32.MAX_VALUE);
  if (gid) facts.gid = gid.value;
  const userNamespace = reader.boolean('userNamespace');
  if (userNamespace) facts.userNamespace = userNamespace.value;
  const soft = reader.string('nofileSoft');
  if (soft) facts.nofileSoft = U64.parseInt(soft.value);
  const hard = reader.string('nofileHard');
  if (hard) facts.nofileHard = U64.parseInt(hard.value);
  const security = reader.strings('security');
  if (security) facts.security = textsOf(security);
  const resctrl = reader.string('resctrl');
  if (resctrl) facts.resctrl = resctrl.value;
  const cgroup = reader.object('cgroup');
  if (cgroup != NONE) readCgroup(document, cgroup, report, facts.cgroup);
  const systemd = reader.object('systemd');
  if (systemd != NONE) readSystemd(new ObjectReader(document, systemd, report), facts.systemd);
  reader.finish();
}

function readSystemd(reader: ObjectReader, facts: SystemdFacts): void {
  const version = reader.requiredUnsigned('version', 65535);
  if (version) facts.version = <i32>version.value;
  const controlGroup = reader.string('controlGroup');
  if (controlGroup) facts.controlGroup = controlGroup.value;
  const isUser = reader.boolean('isUser');
  if (isUser) facts.isUser = isUser.value;
  reader.finish();
}

function readCgroup(document: Document, node: i32, report: Report, facts: CgroupFacts): void {
  const reader = new ObjectReader(document, node, report);
  const layout = reader.choice('layout', ['v1', 'hybrid', 'v2', 'none']);
  if (layout) facts.layout = layout.value;
  const mount = reader.string('mount');
  if (mount) facts.mount = mount.value;
  const unified = reader.string('unified');
  if (unified) facts.unified = unified.value;
  const denied = reader.string('denied');
  if (denied) facts.denied = denied.value;
  const base = reader.string('base');
  if (base) facts.base = base.value;
  facts.controllers = readTexts(reader, 'controllers');
  const hierarchies = reader.array('hierarchies');
  if (hierarchies != NONE) {
    for (let entry = document.firstChild(hierarchies); entry != NONE; entry = document.nextSibling(entry)) {
      const item = new ObjectReader(document, entry, report);
      const hierarchy = new Hierarchy();
      const path = item.requiredString('mount');
      if (path) hierarchy.mount = path.value;
      const name = item.string('name');
      if (name) hierarchy.name = name.value;
      const own = item.string('own');
      if (own) hierarchy.own = own.value;
      hierarchy.controllers = readTexts(item, 'controllers');
      item.finish();
      facts.hierarchies.push(hierarchy);
    }
  }
  reader.finish();
}

function readTexts(reader: ObjectReader, key: string): string[] {
  return textsOf(reader.strings(key));
}

function textsOf(list: List<Value<string>> | null): string[] {
  const texts: string[] = [];
  if (list) for (let index = 0; index < list.items.length; index++) texts.push(list.items[index].value);
  return texts;
}
