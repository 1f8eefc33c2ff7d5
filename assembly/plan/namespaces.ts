import { join } from '../json/text';
import { Writer } from '../json/writer';
import { Namespace } from '../spec/linux';
import { Planner } from './planner';
import { Actor, Step, TextStep, Verb, writeTexts } from './step';

/** include/uapi/linux/sched.h */
class Kind {
  constructor(
    public name: string,
    public flag: u64,
  ) {}
}

const KINDS: Kind[] = [
  new Kind('user', 0x10000000),
  new Kind('pid', 0x20000000),
  new Kind('network', 0x40000000),
  new Kind('ipc', 0x08000000),
  new Kind('uts', 0x04000000),
  new Kind('cgroup', 0x02000000),
  new Kind('time', 0x00000080),
  new Kind('mount', 0x00020000),
];

/** All that a config may name. */
export function namespaceNames(): string[] {
  const names: string[] = [];
  for (let index = 0; index < KINDS.length; index++) names.push(KINDS[index].name);
  return names;
}

/** The CLONE_NEW… flag of a type that a config may name, else 0. */
export function namespaceFlag(name: string): u64 {
  for (let index = 0; index < KINDS.length; index++) if (KINDS[index].name == name) return KINDS[index].flag;
  return 0;
}

/** Enters an existing namespace by its file. */
export class JoinStep extends Step {
  constructor(
    public namespace: string,
    public flag: u64,
    public path: string,
    node: i32,
  ) {
    super(Verb.JOIN, node);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return `join of the ${this.namespace} namespace ${this.path}`;
  }

  override write(writer: Writer): void {
    writer.field('namespace', this.namespace);
    writer.field('file', this.path);
  }
}

/** Makes the container's first process in its new namespaces. */
export class CloneStep extends Step {
  constructor(
    public namespaces: string[],
    public flags: u64,
    public intoCgroup: bool,
    node: i32,
  ) {
    super(Verb.CLONE, node);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return this.namespaces.length > 0 ? `new ${join(this.namespaces, ', ')} namespaces` : 'new process';
  }

  override write(writer: Writer): void {
    writeTexts(writer, 'namespaces', this.namespaces);
    if (this.intoCgroup) writer.fieldBoolean('intoCgroup', true);
  }
}

/** A clock of the new time namespace. */
export class ClockStep extends Step {
  constructor(
    public clock: string,
    public seconds: i64,
    public nanoseconds: u64,
    node: i32,
  ) {
    super(Verb.OFFSET_CLOCK, node);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return `offset of the clock ${this.clock}`;
  }

  override write(writer: Writer): void {
    writer.field('clock', this.clock);
    writer.field('secs', this.seconds.toString());
    writer.field('nanosecs', this.nanoseconds.toString());
  }
}

/** Which namespaces a container has, new or joined; everything that depends on them asks here. */
export class Namespaces {
  private isNew: Set<string> = new Set<string>();
  private isJoined: Set<string> = new Set<string>();
  /** The file of a joined user namespace, '' without. */
  userPath: string = '';

  /** A namespace of its own or a joined one: not the runtime's. */
  has(name: string): bool {
    return this.isNew.has(name) || this.isJoined.has(name);
  }

  creates(name: string): bool {
    return this.isNew.has(name);
  }

  joins(name: string): bool {
    return this.isJoined.has(name);
  }

  add(name: string, isJoined: bool): void {
    if (isJoined) this.isJoined.add(name);
    else this.isNew.add(name);
  }
}

/** runtime-spec config-linux.md#namespaces: types are unique, paths absolute; listed without path means new. */
export function readNamespaces(planner: Planner): Namespaces {
  const namespaces = new Namespaces();
  const linux = planner.spec.linux;
  if (!linux) return namespaces;
  const list = linux.namespaces;
  if (!list) return namespaces;
  for (let index = 0; index < list.items.length; index++) {
    const namespace = list.items[index];
    const type = namespace.type;
    if (!type) continue;
    if (namespaces.has(type.value)) {
      planner.error(
        'OCI201',
        type.node,
        `the namespace type "${type.value}" is listed twice`,
        'keep one entry: new (without path) or joined (with path)',
      );
      continue;
    }
    const path = namespace.path;
    if (path && path.value != '' && !path.value.startsWith('/')) {
      planner.error(
        'OCI202',
        path.node,
        `the namespace path "${path.value}" is not absolute`,
        'name the file from the root, such as /run/netns/NAME or /proc/PID/ns/net',
      );
    }
    namespaces.add(type.value, path != null && path.value != '');
    if (path && type.value == 'user') namespaces.userPath = path.value;
  }
  return namespaces;
}

/** The launcher's part: join what exists, set clocks, then clone into what is new. */
export function planNamespaces(planner: Planner): void {
  const linux = planner.spec.linux;
  const entries = linux ? linux.namespaces : null;
  const listed: Namespace[] = entries ? entries.items : [];
  const names: string[] = [];
  let flags: u64 = 0;

  // The mount namespace is joined last: the paths of all others are the host's. Before it the user namespace, if the
  // caller has power over the others already; else it is the first, and where that power comes from.
  const last = KINDS.length - 1;
  if (!planner.isPrivileged) joinListed(planner, listed, KINDS[0]);
  for (let kind = 1; kind < last; kind++) joinListed(planner, listed, KINDS[kind]);
  if (planner.isPrivileged) joinListed(planner, listed, KINDS[0]);
  joinListed(planner, listed, KINDS[last]);
  for (let kind = 0; kind < KINDS.length; kind++) {
    const name = KINDS[kind].name;
    if (!planner.namespaces.creates(name) || isMadeInside(planner, name)) continue;
    names.push(name);
    flags |= KINDS[kind].flag;
  }
  if (!isMadeInside(planner, 'time')) planClocks(planner, Actor.LAUNCHER);
  const node = entries ? entries.node : -1;
  planner.add(new CloneStep(names, flags, planner.clonesIntoCgroup, node));
}

function joinListed(planner: Planner, listed: Namespace[], kind: Kind): void {
  for (let index = 0; index < listed.length; index++) {
    const type = listed[index].type;
    if (!type || type.value != kind.name) continue;
    const path = listed[index].path;
    if (path && path.value != '') planner.add(new JoinStep(type.value, kind.flag, path.value, path.node));
  }
}

/**
 * The container's process makes it for itself: that of cgroups when it is in its own, that of clocks when it is in the new
 * user namespace that shall own it, that of message queues, whose root belongs to its maker, when it is one of the
 * container's users.
 */
function isMadeInside(planner: Planner, name: string): bool {
  if (name == 'cgroup') return true;
  return name == 'time' ? planner.user.isNew : name == 'ipc' && planner.user.exists;
}

export function planIpcNamespace(planner: Planner): void {
  if (!planner.namespaces.creates('ipc') || !isMadeInside(planner, 'ipc')) return;
  planner.add(new Step(Verb.IPC_NAMESPACE, planner.spec.linux!.namespaces!.node));
}

/** man 7 time_namespaces: only children enter a new one by themselves. */
export function planTimeNamespace(planner: Planner): void {
  if (!planner.namespaces.creates('time') || !isMadeInside(planner, 'time')) return;
  planClocks(planner, Actor.INIT);
  planner.add(new Step(Verb.TIME_NAMESPACE, planner.spec.linux!.namespaces!.node));
}

/** man 7 cgroup_namespaces: its root is the cgroup of the process that makes it, so the process has to be there first. */
export function planCgroupNamespace(planner: Planner): void {
  if (!planner.namespaces.creates('cgroup')) return;
  planner.add(new Step(Verb.CGROUP_NAMESPACE, planner.spec.linux!.namespaces!.node));
}

/** man 7 time_namespaces: the offsets are written before the first process enters. */
function planClocks(planner: Planner, actor: Actor): void {
  const linux = planner.spec.linux;
  if (!linux) return;
  const offsets = linux.timeOffsets;
  if (!offsets) return;
  if (offsets.items.length > 0 && !planner.namespaces.creates('time')) {
    planner.error(
      'OCI208',
      offsets.node,
      'timeOffsets need a new time namespace',
      'add { "type": "time" } to linux.namespaces',
    );
    return;
  }
  for (let index = 0; index < offsets.items.length; index++) {
    const offset = offsets.items[index];
    if (offset.key != 'monotonic' && offset.key != 'boottime') {
      planner.error(
        'OCI209',
        offset.node,
        `"${offset.key}" is not a clock that has offsets`,
        'the clocks are monotonic and boottime',
      );
      continue;
    }
    const seconds = offset.secs;
    const nanoseconds = offset.nanosecs;
    if (nanoseconds && nanoseconds.value >= 1000000000) {
      planner.error(
        'OCI209',
        nanoseconds.node,
        `nanosecs is ${nanoseconds.value}, a second or more`,
        'move whole seconds to secs',
      );
      continue;
    }
    const clock = new ClockStep(
      offset.key,
      seconds ? seconds.value : 0,
      nanoseconds ? nanoseconds.value : 0,
      offset.node,
    );
    planner.add(clock.by(actor));
  }
}

/** man 7 uts_namespaces */
export function planHostname(planner: Planner): void {
  const hostname = planner.spec.hostname;
  if (hostname && hostname.value != '' && planner.needs('uts', 'OCI203', 'hostname', hostname.node)) {
    planner.add(new TextStep(Verb.HOSTNAME, 'name', hostname.value, hostname.node));
  }
  const domainname = planner.spec.domainname;
  if (domainname && domainname.value != '' && planner.needs('uts', 'OCI203', 'domainname', domainname.node)) {
    planner.add(new TextStep(Verb.DOMAINNAME, 'name', domainname.value, domainname.node));
  }
}
