import { Process } from '../spec/process';
import { checkAffinity } from './affinity';
import { Planner } from './planner';

/** Every field that is read and checked but not carried out yet. A field leaves this file when it works. */
export function refuseUnsupported(planner: Planner): void {
  const process = planner.spec.process;
  if (process) {
    refuseProcess(planner, process);
    checkAffinity(planner, process);
  }
  refuseLinux(planner);
}

export function refuseProcess(planner: Planner, process: Process): void {
  const apparmor = process.apparmorProfile;
  if (apparmor && apparmor.value != '') planner.unsupported(apparmor.node, 'process.apparmorProfile');
  const selinux = process.selinuxLabel;
  if (selinux && selinux.value != '') planner.unsupported(selinux.node, 'process.selinuxLabel');
  const ioPriority = process.ioPriority;
  if (ioPriority) planner.unsupported(ioPriority.node, 'process.ioPriority');
  const scheduler = process.scheduler;
  if (scheduler) planner.unsupported(scheduler.node, 'process.scheduler');
}

function refuseLinux(planner: Planner): void {
  const linux = planner.spec.linux;
  if (!linux) return;
  const namespaces = linux.namespaces;
  if (namespaces) {
    for (let index = 0; index < namespaces.items.length; index++) {
      const type = namespaces.items[index].type;
      if (type && !isSupportedNamespace(type.value))
        planner.unsupported(namespaces.items[index].node, `a ${type.value} namespace`);
    }
  }
  const uidMappings = linux.uidMappings;
  if (uidMappings && uidMappings.items.length > 0) planner.unsupported(uidMappings.node, 'linux.uidMappings');
  const gidMappings = linux.gidMappings;
  if (gidMappings && gidMappings.items.length > 0) planner.unsupported(gidMappings.node, 'linux.gidMappings');
  const netDevices = linux.netDevices;
  if (netDevices && netDevices.items.length > 0) planner.unsupported(netDevices.node, 'linux.netDevices');
  const intelRdt = linux.intelRdt;
  if (intelRdt) planner.unsupported(intelRdt.node, 'linux.intelRdt');
  const memoryPolicy = linux.memoryPolicy;
  if (memoryPolicy) planner.unsupported(memoryPolicy.node, 'linux.memoryPolicy');
  const personality = linux.personality;
  if (personality) planner.unsupported(personality.node, 'linux.personality');
  const mountLabel = linux.mountLabel;
  if (mountLabel && mountLabel.value != '') planner.unsupported(mountLabel.node, 'linux.mountLabel');
}

export function isSupportedNamespace(type: string): bool {
  return type != 'user';
}
