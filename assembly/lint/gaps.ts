/**
 * What runtimes leave out, and since when they do not: data for OCI801, OCI802 and OCI804. A pattern is one of select().
 * Sources: CHANGELOG.md of opencontainers/runc, docs/spec-conformance.md there; NEWS of containers/crun; of youki and the
 * newest of all three their source (runc 76d9cf5, crun ba38286, youki bc78720), which the numbers of pull requests and the
 * files below stand for.
 */
export enum Effect {
  IGNORED,
  REJECTED,
  /** A mount option that goes to the filesystem, which does not know it. */
  DATA,
}

export class Gap {
  constructor(
    public runtime: string,
    public pattern: string,
    /** Of the strings at these places those that it is about; empty for all. */
    public values: string[],
    /** The first version without the gap (major × 1000 + minor); 0 if it is still there. */
    public to: i32,
    public effect: Effect,
    public source: string,
  ) {}
}

export function runtimeNames(): string[] {
  return ['orlop', 'runc', 'crun', 'youki'];
}

const V0_7 = 7;
const V1_1 = 1001;
const V1_2 = 1002;
const V1_3 = 1003;
const V1_4 = 1004;
const V1_5 = 1005;

/** Built when a target is asked for, and not with each instance. */
export function gaps(): Gap[] {
  const list: Gap[] = [];
  addRunc(list);
  addCrun(list);
  addYouki(list);
  return list;
}

function add(list: Gap[], runtime: string, pattern: string, to: i32, effect: Effect, source: string): void {
  list.push(new Gap(runtime, pattern, [], to, effect, source));
}

function addValues(
  list: Gap[],
  runtime: string,
  pattern: string,
  values: string[],
  to: i32,
  effect: Effect,
  source: string,
): void {
  list.push(new Gap(runtime, pattern, values, to, effect, source));
}

/** crun's own. */
const LINKS: string[] = ['copy-symlink', 'src-nofollow', 'dest-nofollow'];
const OPTIONS = '/mounts/*/options/*';
const NAMESPACES = '/linux/namespaces/*/type';
const ACTIONS = '/linux/seccomp/syscalls/*/action';
const DEFAULT_ACTION = '/linux/seccomp/defaultAction';

const RECURSIVE: string[] = [
  'rro',
  'rrw',
  'rnosuid',
  'rsuid',
  'rnodev',
  'rdev',
  'rnoexec',
  'rexec',
  'rnodiratime',
  'rdiratime',
  'rrelatime',
  'rnorelatime',
  'rnoatime',
  'ratime',
  'rstrictatime',
  'rnostrictatime',
];

function addRunc(list: Gap[]): void {
  const runc = 'runc';
  add(list, runc, '/linux/resources/rdma', V1_1, Effect.IGNORED, '#2883');
  add(list, runc, '/linux/intelRdt/closID', V1_1, Effect.IGNORED, '#2920');
  add(list, runc, '/linux/seccomp/listenerPath', V1_1, Effect.IGNORED, '#2682');
  addValues(list, runc, ACTIONS, ['SCMP_ACT_NOTIFY'], V1_1, Effect.REJECTED, '#2682');
  const kills = ['SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD'];
  addValues(list, runc, ACTIONS, kills, V1_1, Effect.REJECTED, '#3204');
  addValues(list, runc, DEFAULT_ACTION, kills, V1_1, Effect.REJECTED, '#3204');
  addValues(list, runc, OPTIONS, RECURSIVE, V1_1, Effect.DATA, '#3272');
  add(list, runc, '/mounts/*/uidMappings', V1_2, Effect.IGNORED, '#3717');
  add(list, runc, '/mounts/*/gidMappings', V1_2, Effect.IGNORED, '#3717');
  addValues(list, runc, OPTIONS, ['idmap', 'ridmap'], V1_2, Effect.DATA, '#3985');
  addValues(list, runc, OPTIONS, LINKS, 0, Effect.DATA, 'libcontainer/specconv/spec_linux.go');
  addValues(list, runc, NAMESPACES, ['time'], V1_2, Effect.REJECTED, '#3876');
  add(list, runc, '/linux/timeOffsets', V1_2, Effect.IGNORED, '#3876');
  add(list, runc, '/linux/resources/cpu/idle', V1_2, Effect.IGNORED, '#3377');
  add(list, runc, '/linux/resources/cpu/burst', V1_2, Effect.IGNORED, '#3749');
  add(list, runc, '/linux/personality', V1_2, Effect.IGNORED, '#3126');
  add(list, runc, '/process/ioPriority', V1_2, Effect.IGNORED, '#3783');
  add(list, runc, '/process/scheduler', V1_2, Effect.IGNORED, '#3895');
  add(list, runc, '/domainname', V1_2, Effect.IGNORED, '#3600');
  add(list, runc, '/process/execCPUAffinity', V1_3, Effect.IGNORED, '#4327');
  add(list, runc, '/linux/netDevices', V1_4, Effect.IGNORED, '#4538');
  add(list, runc, '/linux/memoryPolicy', V1_4, Effect.IGNORED, '#4726');
  add(list, runc, '/linux/intelRdt/schemata', V1_4, Effect.IGNORED, '#4830');
  add(list, runc, '/linux/intelRdt/enableMonitoring', V1_4, Effect.IGNORED, '#4832');
  add(list, runc, '/linux/intelRdt/enableCMT', 0, Effect.IGNORED, '#4832: never implemented');
  add(list, runc, '/linux/intelRdt/enableMBM', 0, Effect.IGNORED, '#4832: never implemented');
  addValues(
    list,
    runc,
    '/linux/seccomp/flags/*',
    ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
    V1_5,
    Effect.REJECTED,
    '#5172',
  );
  add(list, runc, '/linux/personality/flags/*', 0, Effect.REJECTED, 'libcontainer/specconv/spec_linux.go');
}

const SILENT: string[] = ['silent', 'loud', 'iversion', 'noiversion', 'lazytime', 'nolazytime'];
const SYMLINKS: string[] = ['nosymfollow', 'symfollow', 'rnosymfollow', 'rsymfollow'];

function addCrun(list: Gap[]): void {
  const crun = 'crun';
  add(list, crun, '/linux/resources/cpu/idle', V1_5, Effect.IGNORED, 'NEWS 1.5');
  add(list, crun, '/domainname', 1007, Effect.IGNORED, 'NEWS 1.7');
  add(list, crun, '/linux/resources/memory/checkBeforeUpdate', 1007, Effect.IGNORED, 'NEWS 1.7');
  // 1.8.4 to 1.8.6 have them, and 1.8 has not: who names 1.8 gets the careful answer.
  add(list, crun, '/linux/timeOffsets', 1009, Effect.IGNORED, 'NEWS 1.8.4');
  add(list, crun, '/process/scheduler', 1009, Effect.IGNORED, 'NEWS 1.8.5');
  add(list, crun, '/process/ioPriority', 1009, Effect.IGNORED, 'NEWS 1.8.6');
  add(list, crun, '/linux/intelRdt', 1010, Effect.IGNORED, 'NEWS 1.10');
  add(list, crun, '/linux/resources/cpu/burst', 1011, Effect.IGNORED, 'NEWS 1.11');
  add(list, crun, '/linux/resources/rdma', 0, Effect.IGNORED, 'no code for it');
  addValues(list, crun, OPTIONS, SILENT, 0, Effect.DATA, 'src/libcrun/mount_flags.perf');
  addValues(list, crun, OPTIONS, SYMLINKS, 0, Effect.DATA, 'src/libcrun/mount_flags.perf');
}

function addYouki(list: Gap[]): void {
  const youki = 'youki';
  addValues(list, youki, NAMESPACES, ['time'], V0_7, Effect.REJECTED, '0.7.0');
  add(list, youki, '/linux/timeOffsets', V0_7, Effect.IGNORED, '0.7.0');
  add(list, youki, '/linux/resources/memory/checkBeforeUpdate', 0, Effect.IGNORED, 'libcgroups/src/v2/memory.rs');
  add(list, youki, '/linux/resources/rdma', 0, Effect.IGNORED, 'libcgroups');
  add(list, youki, '/process/selinuxLabel', 0, Effect.IGNORED, 'libcontainer/src/process');
  addValues(
    list,
    youki,
    OPTIONS,
    ['idmap', 'ridmap'],
    0,
    Effect.DATA,
    'features: mountExtensions.idmap.enabled is false',
  );
  addValues(list, youki, OPTIONS, ['tmpcopyup'], 0, Effect.DATA, 'libcontainer/src/syscall/linux.rs');
  addValues(list, youki, OPTIONS, LINKS, 0, Effect.DATA, 'libcontainer/src/syscall/linux.rs');
  addValues(list, youki, OPTIONS, SILENT, 0, Effect.DATA, 'libcontainer/src/syscall/linux.rs');
}
