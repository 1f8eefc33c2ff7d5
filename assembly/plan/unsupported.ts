import { checkAffinity } from './affinity';
import { Planner } from './planner';

/** Every field that is read and checked but not carried out yet. A field leaves this file when it works. */
export function refuseUnsupported(planner: Planner): void {
  const process = planner.spec.process;
  if (process) checkAffinity(planner, process);
  refuseLinux(planner);
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
}

export function isSupportedNamespace(type: string): bool {
  return type != 'user';
}
