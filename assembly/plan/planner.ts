import { NONE } from '../json/document';
import { Report } from '../report';
import { Spec } from '../spec/config';
import { Namespaces } from './namespaces';
import { Facts, Request } from './request';
import { MountIdsStep, SourceStep } from './sources';
import { Actor, Step, Verb } from './step';
import { Unit } from './unit';
import { UserNamespace } from './user-namespace';

/** include/uapi/linux/capability.h */
const CAP_SYS_ADMIN: i32 = 21;
const CAP_MKNOD: i32 = 27;

/** The state of one translation: what is known, and the steps so far. The order of add() is the order of execution. */
export class Planner {
  steps: Step[] = [];
  namespaces: Namespaces = new Namespaces();
  user: UserNamespace = new UserNamespace();
  /** The cgroup of the container below each mount of a hierarchy. */
  cgroupPath: string = '';
  /** Its unit, where systemd makes the cgroup. */
  unit: Unit | null = null;
  /** The environment has no HOME: the host looks it up before it asks for the image. */
  needsHome: bool = false;
  /** Index of the step that puts the root filesystem in its place, before insertSources. */
  root: i32 = NONE;
  /** Index of the step that executes the process. */
  execute: i32 = NONE;
  /** Hooks run between the mounts and the change of root. */
  hasEarlyHooks: bool = false;
  /** Mounts that become read-only when everything is in place. */
  seals: Step[] = [];
  /** Trees of the host that are opened early, and user namespaces of mounts: insertSources puts them into the steps. */
  sources: SourceStep[] = [];
  mountIds: MountIdsStep[] = [];
  /** The same by what they map. */
  mountIdsByText: Map<string, MountIdsStep> = new Map<string, MountIdsStep>();
  /** MS_SLAVE or MS_PRIVATE, for `sources`. */
  sourcePropagation: u64 = 0;
  /** Of a container that is there: what the document leaves out stays as it is. */
  isUpdate: bool = false;

  constructor(
    public spec: Spec,
    public request: Request,
    public report: Report,
  ) {}

  get facts(): Facts {
    return this.request.facts;
  }

  /**
   * There is a v2 hierarchy, in which the process is born; v1 hierarchies the launcher enters. Into a unit systemd has
   * put the launcher itself.
   */
  get isBornInCgroup(): bool {
    if (!this.hasCgroup || (this.isSystemd && !this.isExec)) return false;
    return this.facts.cgroup.isUnified || this.facts.cgroup.unified != '';
  }

  get clonesIntoCgroup(): bool {
    return this.isBornInCgroup && !this.entersUnified;
  }

  /**
   * The launcher enters the v2 hierarchy too, and its child is born there without CLONE_INTO_CGROUP: to who is in a joined
   * cgroup namespace the container's cgroup is not there (with nsdelegate, cgroup_procs_write_permission answers ENOENT).
   * Nor can the child join in place of the launcher: in a new user namespace it has no power over the cgroup namespace.
   */
  get entersUnified(): bool {
    return this.isBornInCgroup && this.namespaces.joins('cgroup');
  }

  /** The container gets a cgroup of its own: who may make none does without, unless config.json names one. */
  get hasCgroup(): bool {
    const cgroup = this.facts.cgroup;
    if (!cgroup.exists || this.request.cgroupManager == 'disabled') return false;
    if (cgroup.denied == '' || this.isSystemd) return true;
    const linux = this.spec.linux;
    const path = linux ? linux.cgroupsPath : null;
    return path != null && path.value != '';
  }

  get isSystemd(): bool {
    return this.request.cgroupManager == 'systemd' && this.facts.cgroup.exists;
  }

  /** Not a container to be made, but one more process in one that is there. */
  get isExec(): bool {
    return this.request.exec != null;
  }

  /** Has the power to mount, and over the namespaces of every user namespace below its own. */
  get isPrivileged(): bool {
    return this.holds(CAP_SYS_ADMIN);
  }

  /** The sources are opened by who has the power of the caller, and not by the container's process. */
  get opensSources(): bool {
    return this.user.exists && this.isPrivileged && this.sources.length > 0;
  }

  /** The container is in a user namespace that is not the first: its own, or that of the caller. */
  get isInUserNamespace(): bool {
    return this.user.exists || this.facts.userNamespace;
  }

  /** Devices are the host's own: nobody makes them in a user namespace, nor who has not CAP_MKNOD. */
  get bindsDevices(): bool {
    return this.isInUserNamespace || !this.holds(CAP_MKNOD);
  }

  /** The caller has a capability. */
  holds(capability: i32): bool {
    return (this.facts.capabilities & ((<u64>1) << capability)) != 0;
  }

  /**
   * Nobody may look into the process of the launch, from the beginning on. But its maps and its OOM score are then root's
   * to write: who is not lets it be seen until that has happened, or until the container would see it (lowerEnter).
   */
  get hidesEarly(): bool {
    return this.isPrivileged || !this.user.isNew;
  }

  /** Of the container's process. */
  get uid(): u64 {
    const process = this.spec.process;
    const user = process ? process.user : null;
    const uid = user ? user.uid : null;
    return uid ? uid.value : 0;
  }

  add(step: Step): void {
    this.steps.push(step);
  }

  /** The step that FIND looks for and errors speak of. */
  addExecute(step: Step): void {
    this.execute = this.steps.length;
    this.add(step);
  }

  by(actor: Actor, verb: Verb): void {
    this.add(new Step(verb).by(actor));
  }

  error(rule: string, node: i32, message: string, help: string): void {
    this.report.error(rule, node, message, help);
  }

  warning(rule: string, node: i32, message: string, help: string): void {
    this.report.warning(rule, node, message, help);
  }

  /** What the spec leaves to later versions of itself. Never silent: an error, or on request a warning. */
  unsupported(node: i32, message: string): void {
    if (this.request.ignoreUnsupported) this.report.warning('OCI802', node, `${message}, ignored`, '');
    else this.report.error('OCI802', node, message, 'remove the field, or start without it by --ignore-unsupported');
  }

  /** Whether the container has a namespace of its own of this type; an error if not. */
  needs(namespace: string, rule: string, what: string, node: i32): bool {
    if (this.namespaces.has(namespace)) return true;
    this.error(
      rule,
      node,
      `${what} needs a ${namespace} namespace of its own: it would change the host's`,
      `add { "type": "${namespace}" } to linux.namespaces`,
    );
    return false;
  }
}
