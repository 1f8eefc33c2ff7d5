// What the kernel has, and allows.

import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { isErrno } from '../../linux/libc.ts';
import { namespaceType } from '../../linux/namespace.ts';
import { type Namespace, outcomeOf } from '../../spec/outcome.ts';
import { placeOf, stepOf, stepsOf } from '../../spec/steps.ts';
import type { Step } from '../../spec/types.ts';
import { blockedHelp, blockedText, walk } from './path.ts';
import { CAP_SYS_ADMIN, type Situation } from './situation.ts';

export function checkKernel(situation: Situation): void {
  checkVersion(situation);
  for (const namespace of outcomeOf(situation.plan).namespaces) {
    if (namespace.state === 'own') checkNewNamespace(situation, namespace);
    if (namespace.state === 'joined') checkJoined(situation, namespace);
  }
  checkSeccomp(situation);
  checkSysctls(situation);
}

/** ARCHITECTURE.md, Kernel: what a plan needs beside the floor, which every launch does. */
const NEEDED: readonly (readonly [string, string, (step: Step) => boolean])[] = [
  ['5.12', 'mount_setattr(2), which every launch calls', ({ verb }) => verb === 'reset'],
  ['5.12', 'id-mapped mounts', ({ verb }) => verb === 'mount-ids'],
  ['5.6', 'time namespaces', ({ verb }) => verb === 'time-namespace' || verb === 'offset-clock'],
  ['5.15', 'MPOL_PREFERRED_MANY', ({ verb, mode }) => verb === 'memory-policy' && mode === 'MPOL_PREFERRED_MANY'],
  [
    '6.9',
    'MPOL_WEIGHTED_INTERLEAVE',
    ({ verb, mode }) => verb === 'memory-policy' && mode === 'MPOL_WEIGHTED_INTERLEAVE',
  ],
  [
    '5.14',
    'cpu.max.burst',
    ({ verb, file }) => verb === 'limit' && (file === 'cpu.max.burst' || file === 'cpu.cfs_burst_us'),
  ],
  ['5.15', 'cpu.idle', ({ verb, file }) => verb === 'limit' && file === 'cpu.idle'],
];

function checkVersion({ plan, report }: Situation): void {
  for (const [version, what, isFor] of NEEDED) {
    const step = plan.steps.find(isFor);
    if (!step) continue;
    if (isOlder(release(), version)) {
      report.stops(
        'old-kernel',
        placeOf(step),
        `${what}: since Linux ${version}, and this is ${release()}`,
        'use a newer kernel',
      );
    } else report.passes(`Linux ${release()} has ${what}`, placeOf(step));
  }
}

/** `6.1.0-13-amd64` against `5.12` */
export function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

const FILES: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' };

function checkNewNamespace({ report, holds, facts }: Situation, { type, place }: Namespace): void {
  const file = FILES[type] ?? type;
  if (!existsSync(`/proc/self/ns/${file}`)) {
    report.stops(
      'missing-namespace',
      place,
      `this kernel has no ${type} namespaces`,
      `remove ${type} from linux.namespaces`,
    );
    return;
  }
  const most = `/proc/sys/user/max_${file}_namespaces`;
  if (existsSync(most) && readFileSync(most, 'utf8').trim() === '0') {
    const message = `${most} is 0: nobody may make ${type} namespaces (ENOSPC)`;
    report.stops('no-more-namespaces', place, message, `sysctl -w user.max_${file}_namespaces=1000`);
    return;
  }
  if (type === 'user' && !holds(CAP_SYS_ADMIN)) {
    const forbids = ['kernel/unprivileged_userns_clone', 'kernel/apparmor_restrict_unprivileged_userns'];
    for (const [name, value] of [
      [forbids[0], '0'],
      [forbids[1], '1'],
    ] as const) {
      if (readOr(`/proc/sys/${name}`) !== value) continue;
      const message = `/proc/sys/${name} is ${value}: user ${facts.uid} may not use user namespaces`;
      report.stops(
        'no-user-namespaces',
        place,
        message,
        `sysctl -w ${name?.replaceAll('/', '.')}=${value === '0' ? 1 : 0}, as root`,
      );
      return;
    }
  }
  report.passes(`${type} namespaces can be made`, place);
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function checkJoined({ report, caller }: Situation, { type, file = '', place }: Namespace): void {
  const walked = walk(file, caller);
  if (walked.blocked) {
    const text = blockedText(file, walked.blocked, caller);
    report.stops(
      'missing-namespace-file',
      place,
      `the ${type} namespace: ${text}`,
      blockedHelp(walked.blocked, caller),
    );
    return;
  }
  try {
    const is = namespaceType(file);
    if (is === type) report.passes(`${file} is a ${type} namespace`, place);
    else
      report.stops(
        'other-namespace',
        place,
        `${file} is a ${is} namespace, and no ${type} namespace (EINVAL)`,
        'name the file of the right type',
      );
  } catch (error) {
    const isNone = isErrno(error, 'ENOTTY', 'EINVAL');
    const message = isNone ? `${file} is no namespace` : `${file} cannot be opened: ${(error as Error).message}`;
    report.stops('other-namespace', place, message, 'name a file such as /run/netns/NAME or /proc/PID/ns/net');
  }
}

const AVAILABLE = '/proc/sys/kernel/seccomp/actions_avail';

/** `errno` for `ERRNO(38)`, as the kernel lists them. */
const ACTIONS: Readonly<Record<string, string>> = { NOTIFY: 'user_notif' };

function checkSeccomp({ plan, report, caller }: Situation): void {
  const { seccomp } = outcomeOf(plan);
  if (!seccomp) return;
  const { place, listenerPath } = seccomp;
  const available = readOr(AVAILABLE)?.split(' ');
  if (!available) {
    report.stops(
      'no-seccomp',
      place,
      'this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)',
      'remove linux.seccomp, or use another kernel',
    );
    return;
  }
  const wanted = new Set(
    [seccomp.defaultAction, ...seccomp.calls.values()].map((action) => action.replace(/\(.*/, '')),
  );
  for (const action of wanted) {
    const name = ACTIONS[action] ?? action.toLowerCase();
    if (available.includes(name)) continue;
    report.stops('no-seccomp', place, `this kernel has no seccomp action ${name}: ${AVAILABLE}`, 'use another action');
  }
  if (listenerPath) {
    const walked = walk(listenerPath, caller);
    if (walked.blocked) {
      const text = blockedText(listenerPath, walked.blocked, caller);
      report.stops('missing-agent', place, `the agent of the seccomp listener: ${text}`, 'start the agent before');
    } else if (!walked.stat.isSocket()) {
      report.stops(
        'missing-agent',
        place,
        `the agent of the seccomp listener: ${listenerPath} is no socket`,
        'name its socket',
      );
    }
  }
  report.passes('the kernel has seccomp filters, and their actions', place);
}

/** Of an interface that only the container will have, nothing can be said. */
const OF_INTERFACES = /^net\.(?:ipv[46]|mpls)\.(?:conf|neigh)\./;

function checkSysctls({ plan, report }: Situation): void {
  for (const step of stepsOf<{ key: string }>(plan, 'sysctl')) {
    const place = placeOf(step);
    const file = `/proc/sys/${step.key.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`;
    if (existsSync(file) || isOwnInterface(step.key)) report.passes(`the sysctl ${step.key} is there`, place);
    else {
      const help = 'correct its name, or load the module that brings it';
      report.stops(
        'missing-sysctl',
        place,
        `this kernel has no sysctl ${step.key}: ${file} does not exist (ENOENT)`,
        help,
      );
    }
  }
}

function isOwnInterface(key: string): boolean {
  return OF_INTERFACES.test(key) && !/\.(?:all|default|lo)\./.test(key);
}

/** The plan has an AppArmor profile only where it is enabled: whether it is loaded too. */
export function checkConfinement({ plan, report, facts }: Situation): void {
  const apparmor = stepOf<{ profile: string }>(plan, 'apparmor');
  if (apparmor) checkProfile(apparmor.profile, apparmor, report);
  const selinux = stepOf<{ label: string }>(plan, 'selinux');
  if (selinux && facts.security.includes('selinux')) report.passes('SELinux is enabled', placeOf(selinux));
}

function checkProfile(profile: string, step: Step, report: Situation['report']): void {
  const list = readOr('/sys/kernel/security/apparmor/profiles');
  const names = list?.split('\n').map((line) => line.replace(/ \(\w+\)$/, ''));
  if (profile === 'unconfined' || names?.includes(profile)) {
    report.passes(`the AppArmor profile ${profile} is loaded`, placeOf(step));
  } else if (names === undefined) {
    report.doubts(
      'unknown-profile',
      placeOf(step),
      `whether the AppArmor profile ${profile} is loaded cannot be seen`,
      'aa-status, as root',
    );
  } else {
    report.stops(
      'missing-profile',
      placeOf(step),
      `the AppArmor profile ${profile} is not loaded (ENOENT)`,
      'load it: apparmor_parser -r FILE',
    );
  }
}
