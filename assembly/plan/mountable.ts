import { MountOptions } from './mount-options';
import { Planner } from './planner';

/** Filesystems that only the owner of a namespace may mount. */
const TYPES: string[] = ['proc', 'sysfs', 'mqueue'];
const NAMESPACES: string[] = ['pid', 'network', 'ipc'];

/** man 7 user_namespaces: what the kernel will refuse to the root of a user namespace, told before it is tried. */
export function checkMountable(planner: Planner, type: string, path: string, options: MountOptions, node: i32): void {
  if (!planner.user.exists) return;
  const index = TYPES.indexOf(type);
  if (index >= 0 && !planner.namespaces.has(NAMESPACES[index])) {
    planner.error(
      'OCI316',
      node,
      `in a user namespace ${type} can be mounted on ${path} only with a ${NAMESPACES[index]} namespace that belongs to it`,
      `add { "type": "${NAMESPACES[index]}" } to linux.namespaces, or bind the host's ${path} ("rbind", and "source": "${path}")`,
    );
  }
  for (let item = 0; item < options.data.length; item++)
    checkOwner(planner, options.data[item], options.dataNodes[item]);
}

/** `uid=1000`, `gid=5`: the owner of what is in the filesystem. */
function checkOwner(planner: Planner, option: string, node: i32): void {
  const key = option.substring(0, 4);
  if (key != 'uid=' && key != 'gid=') return;
  const map = key == 'uid=' ? planner.user.uids : planner.user.gids;
  const text = option.substring(4);
  if (map.isEmpty || !isNumber(text) || map.has(<u64>U64.parseInt(text))) return;
  planner.error(
    'OCI317',
    node,
    `${option}: the id is not mapped in the user namespace, and the kernel takes it for none`,
    `add it to linux.${key.substring(0, 3)}Mappings, or remove the option`,
  );
}

function isNumber(text: string): bool {
  if (text.length == 0 || text.length > 10) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
