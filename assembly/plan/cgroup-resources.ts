import { Resources } from '../spec/resources';
import { addLimit } from './cgroup';
import { planBlockIo } from './cgroup-io';
import { planCpu, planMemory } from './cgroup-memory-cpu';
import { hasNul } from './paths';
import { Planner } from './planner';
import { LimitStep } from './step';

/** runtime-spec config-linux.md#control-groups: files to write, in an order in which the kernel accepts them. */
export function planResources(planner: Planner, resources: Resources): void {
  planMemory(planner, resources);
  planCpu(planner, resources);
  planBlockIo(planner, resources);
  const pids = resources.pids;
  const limit = pids ? pids.limit : null;
  if (limit) addLimit(planner, 'pids', 'pids.max', limit.value < 0 ? 'max' : limit.value.toString(), limit.node);
  planHugepages(planner, resources);
  planRdma(planner, resources);
  planNetwork(planner, resources);
  planUnified(planner, resources);
}

/** Documentation/admin-guide/cgroup-v1/hugetlb.rst; what is reserved is counted since Linux 5.7. */
function planHugepages(planner: Planner, resources: Resources): void {
  const pages = resources.hugepageLimits;
  if (!pages) return;
  const file = planner.facts.cgroup.isUnified ? 'max' : 'limit_in_bytes';
  for (let index = 0; index < pages.items.length; index++) {
    const size = pages.items[index].pageSize;
    const bytes = pages.items[index].limit;
    if (!size || !bytes) continue;
    if (!isPageSize(size.value)) {
      planner.error('OCI413', size.node, `"${size.value}" is not a page size`, 'write it as 64KB, 2MB or 1GB');
      continue;
    }
    const limit = bytes.value.toString();
    addLimit(planner, 'hugetlb', `hugetlb.${size.value}.${file}`, limit, bytes.node);
    const reserved = addLimit(planner, 'hugetlb', `hugetlb.${size.value}.rsvd.${file}`, limit, bytes.node);
    if (reserved) reserved.isOptional = true;
  }
}

/** Documentation/admin-guide/cgroup-v1/rdma.rst, the same on version 2 */
function planRdma(planner: Planner, resources: Resources): void {
  const rdma = resources.rdma;
  if (!rdma) return;
  for (let index = 0; index < rdma.items.length; index++) {
    const entry = rdma.items[index];
    const handles = entry.hcaHandles;
    const objects = entry.hcaObjects;
    if (!handles && !objects) {
      planner.error(
        'OCI411',
        entry.node,
        `"${entry.key}" has neither hcaHandles nor hcaObjects`,
        'give it one of them',
      );
      continue;
    }
    let value = entry.key;
    if (handles) value += ` hca_handle=${handles.value}`;
    if (objects) value += ` hca_object=${objects.value}`;
    addLimit(planner, 'rdma', 'rdma.max', value, entry.node);
  }
}

/** man 7 cgroups, net_cls and net_prio: version 1 only. */
function planNetwork(planner: Planner, resources: Resources): void {
  const network = resources.network;
  if (!network) return;
  const classId = network.classID;
  if (classId) addLimit(planner, 'net_cls', 'net_cls.classid', classId.value.toString(), classId.node);
  const priorities = network.priorities;
  if (!priorities) return;
  for (let index = 0; index < priorities.items.length; index++) {
    const name = priorities.items[index].name;
    const priority = priorities.items[index].priority;
    if (name && priority) {
      addLimit(
        planner,
        'net_prio',
        'net_prio.ifpriomap',
        `${name.value} ${priority.value}`,
        priorities.items[index].node,
      );
    }
  }
}

/** man 7 cgroups: files of every v2 directory that act on processes. A frozen launch would never end. */
const ACTIONS: string[] = ['cgroup.procs', 'cgroup.threads', 'cgroup.freeze', 'cgroup.kill'];

/** runtime-spec config-linux.md#unified: any file of the v2 directory, by name; it comes last and so has the last word. */
function planUnified(planner: Planner, resources: Resources): void {
  const unified = resources.unified;
  if (!unified || unified.items.length == 0) return;
  if (!planner.facts.cgroup.isUnified) {
    planner.error(
      'OCI414',
      unified.node,
      'unified is for cgroup v2, and this host has version 1',
      'use the named fields of linux.resources',
    );
    return;
  }
  for (let index = 0; index < unified.items.length; index++) {
    const pair = unified.items[index];
    const dot = pair.key.indexOf('.');
    const controller = dot > 0 ? pair.key.substring(0, dot) : '';
    if (controller == '' || pair.key.includes('/') || hasNul(pair.key)) {
      planner.error(
        'OCI410',
        pair.node,
        `"${pair.key}" is not a cgroup file`,
        'write CONTROLLER.FILE, such as memory.high',
      );
      continue;
    }
    const file = pair.key;
    if (ACTIONS.includes(file)) {
      planner.error(
        'OCI410',
        pair.node,
        `"${file}" is no setting: writing it moves, stops or ends processes, the launch's own among them`,
        'remove it',
      );
    } else if (controller == 'cgroup')
      planner.add(new LimitStep(planner.facts.cgroup.mount + planner.cgroupPath, file, pair.value, pair.node));
    else {
      // io.max and the like take one device a line
      const lines = pair.value.split('\n');
      for (let line = 0; line < lines.length; line++) {
        if (lines[line] != '') addLimit(planner, controller, file, lines[line], pair.node);
      }
    }
  }
}

function isPageSize(text: string): bool {
  const length = text.length;
  if (length < 3 || text.charCodeAt(length - 1) != 0x42) return false;
  if (!'KMG'.includes(text.charAt(length - 2)) || text.charAt(0) == '0') return false;
  for (let index = 0; index < length - 2; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
