import { Document, NONE } from '../json/document';
import { Severity } from '../report';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

/** Keys that have one place in the spec, behind the pointer of the object that they belong to. */
const HOMES: string[][] = [
  ['', 'ociVersion', 'root', 'mounts', 'process', 'hostname', 'domainname', 'hooks', 'annotations', 'linux'],
  ['/process', 'terminal', 'consoleSize', 'cwd', 'args', 'user', 'capabilities', 'noNewPrivileges', 'rlimits'],
  ['/process', 'oomScoreAdj', 'apparmorProfile', 'selinuxLabel', 'ioPriority', 'scheduler', 'execCPUAffinity'],
  ['/process/user', 'uid', 'gid', 'umask', 'additionalGids'],
  ['/process/capabilities', 'bounding', 'effective', 'permitted', 'inheritable', 'ambient'],
  ['/root', 'readonly'],
  ['/linux', 'namespaces', 'timeOffsets', 'netDevices', 'cgroupsPath', 'resources', 'rootfsPropagation'],
  [
    '/linux',
    'maskedPaths',
    'readonlyPaths',
    'mountLabel',
    'sysctl',
    'seccomp',
    'personality',
    'intelRdt',
    'memoryPolicy',
  ],
  ['/linux/resources', 'memory', 'cpu', 'pids', 'blockIO', 'hugepageLimits', 'rdma', 'unified'],
  [
    '/linux/resources/memory',
    'reservation',
    'swap',
    'kernelTCP',
    'swappiness',
    'disableOOMKiller',
    'checkBeforeUpdate',
  ],
  ['/linux/resources/cpu', 'shares', 'quota', 'burst', 'realtimeRuntime', 'realtimePeriod', 'cpus', 'mems', 'idle'],
  [
    '/linux/seccomp',
    'defaultAction',
    'defaultErrnoRet',
    'architectures',
    'listenerPath',
    'listenerMetadata',
    'syscalls',
  ],
  ['/linux/intelRdt', 'closID', 'l3CacheSchema', 'memBwSchema', 'schemata', 'enableMonitoring'],
  ['/hooks', 'prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
];

/** Where an unknown key belongs, as the index of a line of HOMES; NONE if it has no place in the spec. */
function homeOf(document: Document, member: i32): i32 {
  for (let line = 0; line < HOMES.length; line++) {
    const keys = HOMES[line];
    for (let index = 1; index < keys.length; index++) if (document.keyEquals(member, keys[index])) return line;
  }
  return NONE;
}

export function isMisplaced(document: Document, member: i32): bool {
  return homeOf(document, member) != NONE;
}

/** Of the keys that the reader does not know, those that it would know elsewhere. */
export class MisplacedKey extends Rule {
  constructor() {
    super('OCI011', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a key of the spec stands in the wrong object',
      'Runtimes ignore it there, and the setting has no effect.',
      '{"linux":{"resources":{"oomScoreAdj":100}}}',
      '{"process":{"oomScoreAdj":100}}',
      'runtime-spec config.md#extensibility',
    );
  }

  override check(context: Context): void {
    const document = context.document;
    const unknown = context.findings.of('OCI003');
    for (let index = 0; index < unknown.length; index++) {
      const member = unknown[index].node;
      const home = homeOf(document, member);
      if (home == NONE) continue;
      const key = document.shownKey(member);
      const place = HOMES[home][0];
      const message = `"${key}" has no meaning in ${placeName(document.pointer(document.parent(member)))}`;
      context.findings.foundAtKey(this.id, member, message, `move it to ${placeName(place)}`);
    }
  }
}

/** `linux.resources` for /linux/resources. */
function placeName(pointer: string): string {
  return pointer == '' ? 'the document itself' : pointer.substring(1).replaceAll('/', '.');
}
