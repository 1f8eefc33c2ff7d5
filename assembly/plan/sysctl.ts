import { Writer } from '../json/writer';
import { List, Pair } from '../spec/value';
import { Planner } from './planner';
import { Step, Verb } from './step';

/** Far above every name below /proc/sys. */
const LONGEST_KEY = 1024;

const IPC_SYSCTLS: string[] = [
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
];

/** A kernel parameter of one of the container's namespaces; `file` is its path below /proc/sys. */
export class SysctlStep extends Step {
  constructor(
    public key: string,
    public file: string,
    public value: string,
    node: i32,
  ) {
    super(Verb.SYSCTL, node);
  }

  override describe(): string {
    return `sysctl ${this.key} = ${this.value}`;
  }

  override write(writer: Writer): void {
    writer.field('key', this.key);
    writer.field('value', this.value);
  }
}

/**
 * runtime-spec config-linux.md#sysctl: only parameters of a namespace that the container has for itself. After the hooks of
 * create, which may make what they are about: net.ipv4.conf.eth0.
 */
export function planSysctls(planner: Planner): void {
  const linux = planner.spec.linux;
  if (!linux) return;
  const sysctls: List<Pair> | null = linux.sysctl;
  if (!sysctls) return;
  for (let index = 0; index < sysctls.items.length; index++) {
    const pair = sysctls.items[index];
    if (pair.key.length > LONGEST_KEY) {
      planner.error('OCI212', pair.node, 'a name of this length is no sysctl', '');
      continue;
    }
    const key = dotted(pair.key);
    const namespace = namespaceOf(key);
    if (namespace == '') {
      planner.error(
        'OCI212',
        pair.node,
        `the sysctl "${pair.key}" belongs to no namespace: it would change the host`,
        'set it on the host',
      );
    } else if (key == 'kernel.hostname') {
      planner.error('OCI214', pair.node, 'the sysctl kernel.hostname is the hostname', 'use the field hostname');
    } else if (key.includes('..') || key.includes('\0')) {
      planner.error('OCI212', pair.node, `"${pair.key}" is not a sysctl`, '');
    } else if (planner.needs(namespace, 'OCI213', `the sysctl "${pair.key}"`, pair.node)) {
      planner.add(new SysctlStep(key, slashed(key), pair.value, pair.node));
    }
  }
}

function namespaceOf(key: string): string {
  if (key.startsWith('net.')) return 'network';
  if (key.startsWith('fs.mqueue.') || IPC_SYSCTLS.includes(key)) return 'ipc';
  if (key == 'kernel.domainname' || key == 'kernel.hostname') return 'uts';
  if (key.startsWith('user.')) return 'user';
  return '';
}

/** man 8 sysctl: whichever separator comes first is the separator, the other one then stands for a character of a name. */
function dotted(key: string): string {
  const slash = key.indexOf('/');
  const dot = key.indexOf('.');
  return slash >= 0 && (dot < 0 || slash < dot) ? swapSeparators(key) : key;
}

function slashed(key: string): string {
  return swapSeparators(key);
}

function swapSeparators(key: string): string {
  let swapped = '';
  for (let index = 0; index < key.length; index++) {
    const character = key.charAt(index);
    swapped += character == '.' ? '/' : character == '/' ? '.' : character;
  }
  return swapped;
}
