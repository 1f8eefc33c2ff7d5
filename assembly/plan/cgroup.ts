import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { deviceListOf, planDeviceRules } from './cgroup-devices';
import { planResources } from './cgroup-resources';
import { planDelegation } from './delegation';
import { cleanPath, hasNul } from './paths';
import { Planner } from './planner';
import { Actor, LimitStep, Step, Verb, writeTexts } from './step';
import { addOomPolicy, planStartUnit, planUnitProperties, unitOf } from './unit';

/** The container's directory in every hierarchy, made by the host. */
export class CreateCgroupStep extends Step {
  directories: string[] = [];
  /** cgroup v2: controllers to enable from the mount down to the parent. */
  controllers: string[] = [];
  /** The directory of the v2 hierarchy, in which the first process is born; '' without one. */
  birthplace: string = '';

  constructor(
    public cgroupPath: string,
    node: i32,
  ) {
    super(Verb.CREATE_CGROUP, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `cgroup ${this.cgroupPath}`;
  }

  override write(writer: Writer): void {
    writer.field('cgroup', this.cgroupPath);
    writeTexts(writer, 'directories', this.directories);
    writeTexts(writer, 'controllers', this.controllers);
    if (this.birthplace != '') writer.field('birthplace', this.birthplace);
  }
}

/**
 * The launcher moves itself into the v1 hierarchies, where its child is then born. A single thread that moves itself is
 * the one way that does not wait for all processors (kernel/cgroup/cgroup.c: cgroup_procs_write_start). Into v2 only a
 * whole process moves, and waits; so the launcher goes there only if its child cannot be born there in another way.
 */
export class EnterCgroupStep extends Step {
  constructor(
    public directories: string[],
    public entersUnified: bool,
    node: i32,
  ) {
    super(Verb.ENTER_CGROUP, node);
    this.actor = Actor.LAUNCHER;
  }

  override describe(): string {
    return 'enter the cgroup';
  }

  override write(writer: Writer): void {
    writeTexts(writer, 'directories', this.directories);
    if (this.entersUnified) writer.fieldBoolean('unified', true);
  }
}

export function planEnterCgroup(planner: Planner): void {
  const cgroup = planner.facts.cgroup;
  if (!planner.hasCgroup || (cgroup.isUnified && !planner.entersUnified)) return;
  const linux = planner.spec.linux;
  const path = linux ? linux.cgroupsPath : null;
  const directories: string[] = [];
  for (let index = 0; index < cgroup.hierarchies.length; index++) {
    directories.push(cgroup.hierarchies[index].mount + planner.cgroupPath);
  }
  planner.add(new EnterCgroupStep(directories, planner.entersUnified, path ? path.node : NONE));
}

/** Below the mount of each hierarchy; systemd has names of its own. */
export function placeCgroup(planner: Planner): void {
  if (planner.isSystemd) {
    const unit = unitOf(planner);
    planner.unit = unit;
    planner.cgroupPath = unit ? unit.cgroupPath : '';
  } else planner.cgroupPath = cgroupPathOf(planner);
}

/**
 * runtime-spec config-linux.md#cgroups-path: absolute means from the mount of the hierarchy. Relative and absent paths
 * are the runtime's choice: below the mount too, so that nothing depends on where orlop itself runs.
 */
function cgroupPathOf(planner: Planner): string {
  const linux = planner.spec.linux;
  const path = linux ? linux.cgroupsPath : null;
  if (!path || path.value == '') return `${planner.facts.cgroup.base}/orlop-${planner.request.id}`;
  if (path.value.split('/').includes('..') || hasNul(path.value)) {
    planner.error('OCI415', path.node, `cgroupsPath "${path.value}" leaves its place`, 'write it without ".."');
  } else if (path.value.includes(':')) {
    planner.error(
      'OCI415',
      path.node,
      `cgroupsPath "${path.value}" is one for systemd`,
      'let systemd make the cgroup, by --systemd-cgroup, or write the path of a cgroup',
    );
  } else if (cleanPath(path.value) == '/') {
    planner.error(
      'OCI415',
      path.node,
      'cgroupsPath is the root cgroup, which is the host',
      'name a cgroup for the container',
    );
  }
  return cleanPath(path.value);
}

export function planCgroup(planner: Planner): void {
  const linux = planner.spec.linux;
  const path = linux ? linux.cgroupsPath : null;
  const unit = planner.unit;
  const start = unit ? planStartUnit(planner, unit) : null;
  if (planner.hasCgroup) planCreateCgroup(planner, path ? path.node : NONE);
  planDelegation(planner);
  const resources = linux ? linux.resources : null;
  if (resources) planResources(planner, resources);
  if (start) addOomPolicy(planner, start);
}

function planCreateCgroup(planner: Planner, node: i32): void {
  const cgroup = planner.facts.cgroup;
  const step = new CreateCgroupStep(planner.cgroupPath, node);
  let unified = cgroup.unified;
  if (cgroup.isUnified) {
    unified = cgroup.mount;
    step.controllers = cgroup.controllers;
  } else {
    for (let index = 0; index < cgroup.hierarchies.length; index++) {
      step.directories.push(cgroup.hierarchies[index].mount + planner.cgroupPath);
    }
  }
  if (unified != '') step.directories.push(unified + planner.cgroupPath);
  if (planner.isBornInCgroup) step.birthplace = unified + planner.cgroupPath;
  planner.add(step);
}

/** Steps of the host while the container's process is ready and waits. */
export function planLateLimits(planner: Planner): void {
  const linux = planner.spec.linux;
  const resources = linux ? linux.resources : null;
  const list = deviceListOf(planner, resources);
  const unit = planner.unit;
  if (unit) planUnitProperties(planner, unit.name, list, resources ? resources.node : NONE);
  planDeviceRules(planner, resources, list);
}

/** A file of a controller, or an error if this host has no such controller. */
export function addLimit(
  planner: Planner,
  controller: string,
  file: string,
  value: string,
  node: i32,
): LimitStep | null {
  const mount = planner.facts.cgroup.mountOf(controller);
  if (!planner.hasCgroup && planner.facts.cgroup.exists) {
    const denied = planner.facts.cgroup.denied;
    planner.error(
      'OCI418',
      node,
      `the container has no cgroup, in which ${file} could be set${denied == '' ? '' : `: ${denied}`}`,
      denied == ''
        ? 'remove the field, or start without --cgroup-manager disabled'
        : 'remove the field, or have a cgroup delegated: "systemd-run --user --scope -p Delegate=yes orlop …" on cgroup v2',
    );
    return null;
  }
  if (mount == '') {
    planner.error(
      'OCI418',
      node,
      `this host has no ${controller} controller in its cgroups (${planner.facts.cgroup.layout}): ${file} cannot be set`,
      'remove the field, or enable the controller on the host',
    );
    return null;
  }
  const step = new LimitStep(mount + planner.cgroupPath, file, value, node);
  planner.add(step);
  return step;
}

/** A setting of version 1 that version 2 has no file for. */
export function onlyOnV1(planner: Planner, field: string, node: i32): bool {
  if (!planner.facts.cgroup.isUnified) return true;
  planner.error('OCI414', node, `${field} exists on cgroup v1 only, and this host has version 2`, 'remove it');
  return false;
}
