import { NONE } from '../json/document';
import { join } from '../json/text';
import { Writer } from '../json/writer';
import { Report } from '../report';
import { Spec } from '../spec/config';
import { Capabilities, Process, User } from '../spec/process';
import { List, Value } from '../spec/value';
import { planAffinity } from './affinity';
import { EnterCgroupStep } from './cgroup';
import { CloneStep, namespaceFlag, readNamespaces } from './namespaces';
import { Planner } from './planner';
import { planOomScore, planProcess, planTerminal } from './process';
import { ExecRequest, Request } from './request';
import { planKeyring } from './security';
import { Actor, Step, Verb, writeTexts } from './step';
import { planIdentity, readUserNamespace } from './user-namespace';

/** Enters namespaces of the container at once, by a pidfd of its first process: man 2 setns, since Linux 5.8. */
export class EnterStep extends Step {
  constructor(
    public namespaces: string[],
    public flags: u64,
  ) {
    super(Verb.ENTER, NONE);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return `enter the ${join(this.namespaces, ', ')} namespaces of the container`;
  }

  override write(writer: Writer): void {
    writeTexts(writer, 'namespaces', this.namespaces);
  }
}

/**
 * One more process in a container that is there. Of its config only the namespaces are of use, and the process where
 * there is no other; the request says the rest.
 */
export function translateExec(spec: Spec, request: Request, exec: ExecRequest, report: Report): Planner {
  const planner = new Planner(spec, request, report);
  const process = spec.process;
  if (process) {
    applyRequest(process, exec);
  }
  planner.namespaces = readNamespaces(planner);
  planner.user = readUserNamespace(planner);

  planner.by(Actor.LAUNCHER, Verb.RESET);
  planOomScore(planner);
  if (process) planAffinity(planner, process, false);
  planner.add(new EnterCgroupStep(exec.cgroups, planner.entersUnified, NONE));
  planEnter(planner);
  planner.add(new CloneStep([], 0, planner.clonesIntoCgroup, NONE));
  planner.by(Actor.INIT, Verb.SESSION);
  planEnterCgroupNamespace(planner);
  planIdentity(planner);
  if (process) planAffinity(planner, process, true);
  planTerminal(planner);
  planKeyring(planner);
  const execute = planProcess(planner);
  if (!execute) return planner;
  planner.addExecute(execute);
  return planner;
}

function planEnter(planner: Planner): void {
  const names: string[] = [];
  let flags: u64 = 0;
  const linux = planner.spec.linux;
  const list = linux ? linux.namespaces : null;
  if (!list) return;
  for (let index = 0; index < list.items.length; index++) {
    const type = list.items[index].type;
    if (!type || (type.value == 'cgroup' && planner.namespaces.creates('cgroup'))) continue;
    names.push(type.value);
    flags |= namespaceFlag(type.value);
  }
  if (flags) planner.add(new EnterStep(names, flags));
}

/**
 * That of the container's own the process itself, once it is born in the container's cgroup: whoever is in the namespace
 * but in a cgroup outside may make nobody in it (cgroup v2 with nsdelegate: cgroup_procs_write_permission answers ENOENT).
 */
function planEnterCgroupNamespace(planner: Planner): void {
  if (planner.namespaces.creates('cgroup')) {
    planner.add(new EnterStep(['cgroup'], namespaceFlag('cgroup')).by(Actor.INIT));
  }
}

/**
 * What a process in a document of its own does not say is as in the container's config: who asks for one program more must
 * not be less confined than the container. As runc has it (newInitConfig), noNewPrivileges is no part of that: absent it is
 * false. Capabilities that are there and empty are none.
 */
export function inherit(process: Process, own: Process | null): void {
  if (!own) return;
  if (!process.capabilities) process.capabilities = own.capabilities;
  const profile = process.apparmorProfile;
  if (!profile || profile.value == '') process.apparmorProfile = own.apparmorProfile;
  const label = process.selinuxLabel;
  if (!label || label.value == '') process.selinuxLabel = own.selinuxLabel;
  const rlimits = process.rlimits;
  if (!rlimits || rlimits.items.length == 0) process.rlimits = own.rlimits;
  // Else it were that of the caller, which an engine has lowered for itself.
  if (!process.oomScoreAdj) process.oomScoreAdj = own.oomScoreAdj;
  if (!process.scheduler) process.scheduler = own.scheduler;
  if (!process.ioPriority) process.ioPriority = own.ioPriority;
  if (!process.execCPUAffinity) process.execCPUAffinity = own.execCPUAffinity;
}

/** runc's meaning: args, cwd, user and terminal replace, environment, groups and capabilities are added. */
function applyRequest(process: Process, exec: ExecRequest): void {
  if (exec.args.length > 0) process.args = values(exec.args);
  if (exec.cwd != '') process.cwd = new Value<string>(NONE, exec.cwd);
  if (exec.isOfConfig || exec.terminal) process.terminal = new Value<bool>(NONE, exec.terminal);
  if (exec.noNewPrivileges) process.noNewPrivileges = new Value<bool>(NONE, true);
  if (exec.apparmorProfile != '') process.apparmorProfile = new Value<string>(NONE, exec.apparmorProfile);
  if (exec.selinuxLabel != '') process.selinuxLabel = new Value<string>(NONE, exec.selinuxLabel);
  process.env = added(process.env, exec.env);
  if (exec.hasUser || exec.additionalGids.length > 0) applyUser(process, exec);
  if (exec.capabilities.length > 0) applyCapabilities(process, exec.capabilities);
}

function applyUser(process: Process, exec: ExecRequest): void {
  const before = process.user;
  const user = before ? before : new User();
  process.user = user;
  if (exec.hasUser) {
    user.uid = new Value<u64>(NONE, exec.uid);
    user.gid = new Value<u64>(NONE, exec.gid);
  }
  const groups = new List<Value<u64>>();
  const listed = user.additionalGids;
  if (listed) for (let index = 0; index < listed.items.length; index++) groups.items.push(listed.items[index]);
  for (let index = 0; index < exec.additionalGids.length; index++) {
    groups.items.push(new Value<u64>(NONE, exec.additionalGids[index]));
  }
  user.additionalGids = groups;
}

/** Ambient ones need inheritable ones: only where the config has some. */
function applyCapabilities(process: Process, names: string[]): void {
  const before = process.capabilities;
  const sets = before ? before : new Capabilities();
  process.capabilities = sets;
  sets.bounding = added(sets.bounding, names);
  sets.permitted = added(sets.permitted, names);
  sets.effective = added(sets.effective, names);
  const inheritable = sets.inheritable;
  if (!inheritable || inheritable.items.length == 0) return;
  sets.inheritable = added(inheritable, names);
  sets.ambient = added(sets.ambient, names);
}

function values(texts: string[]): List<Value<string>> {
  return added(null, texts)!;
}

function added(list: List<Value<string>> | null, texts: string[]): List<Value<string>> | null {
  if (texts.length == 0) return list;
  const result = new List<Value<string>>();
  if (list) {
    result.node = list.node;
    for (let index = 0; index < list.items.length; index++) result.items.push(list.items[index]);
  }
  for (let index = 0; index < texts.length; index++) result.items.push(new Value<string>(NONE, texts[index]));
  return result;
}
