import { AffinityStep } from '../plan/affinity';
import { EnterCgroupStep } from '../plan/cgroup';
import { CgroupMountStep } from '../plan/cgroup-mount';
import { EnterStep } from '../plan/exec';
import { ExecuteStep } from '../plan/execute';
import { DeviceStep, LinkStep, PivotStep, PropagationStep, RootStep } from '../plan/filesystem';
import { HookStep } from '../plan/hooks';
import { MemoryPolicyStep } from '../plan/memory-policy';
import { BindStep, MountStep, RemountStep } from '../plan/mounts';
import { ClockStep, CloneStep, JoinStep } from '../plan/namespaces';
import { Planner } from '../plan/planner';
import { BoundingStep, CapabilitiesStep, UserStep } from '../plan/privileges';
import { RlimitStep, TerminalStep } from '../plan/process';
import { IoPriorityStep, SchedulerStep } from '../plan/scheduler';
import { SeccompStep } from '../plan/seccomp';
import { KeyringStep } from '../plan/security';
import { MountIdsStep, SourceStep } from '../plan/sources';
import { Actor, NumberStep, Step, TextStep, Verb } from '../plan/step';
import { SysctlStep } from '../plan/sysctl';
import { IdentityStep } from '../plan/user-namespace';
import { CLONE_NEWCGROUP, CLONE_NEWIPC } from './constants';
import { Context } from './context';
import { lowerIoPriority, lowerMemoryPolicy, lowerPersonality, lowerScheduler } from './lower-attributes';
import { lowerCgroupMount } from './lower-cgroup-mount';
import { lowerDevice, lowerLink } from './lower-device';
import { lowerHook } from './lower-hook';
import { lowerFailure, lowerHostname, lowerLoopback, lowerSession, lowerSysctl } from './lower-init';
import {
  lowerAffinity,
  lowerClock,
  lowerClone,
  lowerEnter,
  lowerEnterCgroup,
  lowerJoin,
  lowerOomScore,
  lowerReset,
} from './lower-launcher';
import { lowerBind, lowerMount, lowerRemount } from './lower-mount';
import { lowerNetDevice } from './lower-network';
import { lowerDirectory, lowerMask, lowerReadonly, lowerSeal } from './lower-path';
import { lowerPlaces } from './lower-place';
import {
  lowerBounding,
  lowerCapabilities,
  lowerCwd,
  lowerExecute,
  lowerFind,
  lowerNoNewPrivileges,
  lowerReady,
  lowerRlimit,
  lowerUmask,
  lowerUser,
} from './lower-process';
import { lowerReaper } from './lower-reaper';
import { lowerPivot, lowerPropagation, lowerRoot } from './lower-root';
import { lowerSeccomp } from './lower-seccomp';
import { lowerApparmor, lowerKeyring, lowerSelinux } from './lower-security';
import { lowerSource } from './lower-source';
import { lowerTerminal } from './lower-terminal';
import { lowerIdentity, lowerMapIds, lowerMountIds, lowerTimeNamespace } from './lower-user-namespace';
import { Program } from './program';

/** The program of a plan: the steps of the image in their order, then what happens on a failure. */
export function lower(planner: Planner, home: string): Program {
  const context = new Context(planner, new Program(), home);
  for (let index = 0; index < planner.steps.length; index++) {
    const step = planner.steps[index];
    context.program.step = index;
    context.program.node = step.node;
    lowerStep(context, step);
  }
  lowerPlaces(context);
  lowerFailure(context);
  return context.program;
}

function lowerStep(context: Context, step: Step): void {
  if (step.verb != Verb.DEVICE && step.verb != Verb.LINK) context.releaseDirectory();
  switch (step.verb) {
    case Verb.CREATE_CGROUP:
    case Verb.LIMIT:
    case Verb.DEVICE_FILTER:
    case Verb.START_UNIT:
    case Verb.UNIT_PROPERTIES:
    case Verb.DELEGATE:
    case Verb.RDT:
      return; // the host's
    case Verb.RESET:
      return lowerReset(context);
    case Verb.OOM_SCORE:
      return lowerOomScore(context, step as NumberStep);
    case Verb.AWAIT_UNIT:
      return context.readAnswer();
    case Verb.ENTER_CGROUP:
      return lowerEnterCgroup(context, step as EnterCgroupStep);
    case Verb.JOIN:
      return lowerJoin(context, step as JoinStep);
    case Verb.OFFSET_CLOCK:
      return lowerClock(context, step as ClockStep);
    case Verb.CLONE:
      return lowerClone(context, step as CloneStep);
    case Verb.SESSION:
      return lowerSession(context);
    case Verb.LOOPBACK:
      return lowerLoopback(context);
    case Verb.HOSTNAME:
    case Verb.DOMAINNAME:
      return lowerHostname(context, step as TextStep);
    case Verb.PROPAGATION:
      return lowerPropagation(context, step as PropagationStep);
    case Verb.ROOT:
      return lowerRoot(context, step as RootStep);
    case Verb.CGROUP_NAMESPACE:
      return context.unshare(CLONE_NEWCGROUP);
    case Verb.IPC_NAMESPACE:
      return context.unshare(CLONE_NEWIPC);
    case Verb.MOUNT:
      return lowerMount(context, step as MountStep);
    case Verb.BIND:
      return lowerBind(context, step as BindStep);
    case Verb.REMOUNT:
      return lowerRemount(context, step as RemountStep);
    case Verb.CGROUP_MOUNT:
      return lowerCgroupMount(context, step as CgroupMountStep);
    case Verb.DEVICE:
      return lowerDevice(context, step as DeviceStep);
    case Verb.LINK:
      return lowerLink(context, step as LinkStep);
    case Verb.SYSCTL:
      return lowerSysctl(context, step as SysctlStep);
    case Verb.CWD_DIRECTORY:
      return lowerDirectory(context, step as TextStep);
    case Verb.MASK:
      return lowerMask(context, step as TextStep);
    case Verb.READONLY:
      return lowerReadonly(context, step as TextStep);
    case Verb.SEAL:
      return lowerSeal(context, step as TextStep);
    case Verb.TERMINAL:
      return lowerTerminal(context, step as TerminalStep);
    case Verb.PIVOT:
      return lowerPivot(context, step as PivotStep);
    case Verb.RLIMIT:
      if (step.actor == Actor.INIT) lowerRlimit(context, step as RlimitStep);
      return;
    case Verb.BOUNDING:
      return lowerBounding(context, step as BoundingStep);
    case Verb.CAPABILITIES:
      return lowerCapabilities(context, step as CapabilitiesStep);
    case Verb.USER:
      return lowerUser(context, step as UserStep);
    case Verb.CWD:
      return lowerCwd(context, step as TextStep);
    case Verb.UMASK:
      return lowerUmask(context, step as NumberStep);
    case Verb.NO_NEW_PRIVILEGES:
      return lowerNoNewPrivileges(context);
    case Verb.FIND:
      return lowerFind(context, executeStep(context));
    case Verb.READY:
      return lowerReady(context);
    case Verb.EXECUTE:
      return lowerExecute(context, step as ExecuteStep);
    case Verb.ENTER:
      return lowerEnter(context, step as EnterStep);
    case Verb.AFFINITY:
      return lowerAffinity(context, step as AffinityStep);
    case Verb.KEYRING:
      return lowerKeyring(context, step as KeyringStep);
    case Verb.HOOK:
      return lowerHook(context, step as HookStep);
    case Verb.REAPER:
      return lowerReaper(context);
    case Verb.MAP_IDS:
      return lowerMapIds(context);
    case Verb.IDENTITY:
      return lowerIdentity(context, step as IdentityStep);
    case Verb.SOURCE:
      return lowerSource(context, step as SourceStep);
    case Verb.TIME_NAMESPACE:
      return lowerTimeNamespace(context);
    case Verb.MOUNT_IDS:
      return lowerMountIds(context, step as MountIdsStep);
    case Verb.SCHEDULER:
      return lowerScheduler(context, step as SchedulerStep);
    case Verb.IO_PRIORITY:
      return lowerIoPriority(context, step as IoPriorityStep);
    case Verb.MEMORY_POLICY:
      return lowerMemoryPolicy(context, step as MemoryPolicyStep);
    case Verb.PERSONALITY:
      return lowerPersonality(context, step as NumberStep);
    case Verb.NET_DEVICE:
      return lowerNetDevice(context);
    case Verb.APPARMOR:
      return lowerApparmor(context, step as TextStep);
    case Verb.SELINUX:
      return lowerSelinux(context, step as TextStep);
    case Verb.SECCOMP:
      return lowerSeccomp(context, step as SeccompStep);
    default:
      assert(false, 'a verb without rows');
  }
}

/** What FIND looks for is what EXECUTE executes. */
function executeStep(context: Context): ExecuteStep {
  return context.planner.steps[context.planner.execute] as ExecuteStep;
}
