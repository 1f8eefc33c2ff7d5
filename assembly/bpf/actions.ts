/** include/uapi/linux/seccomp.h: what a filter returns. The lower 16 bits are the errno, or the tracer's. */
export const SECCOMP_RET_KILL_PROCESS: u32 = 0x80000000;
export const SECCOMP_RET_KILL_THREAD: u32 = 0x00000000;
export const SECCOMP_RET_TRAP: u32 = 0x00030000;
export const SECCOMP_RET_ERRNO: u32 = 0x00050000;
export const SECCOMP_RET_USER_NOTIF: u32 = 0x7fc00000;
export const SECCOMP_RET_TRACE: u32 = 0x7ff00000;
export const SECCOMP_RET_LOG: u32 = 0x7ffc0000;
export const SECCOMP_RET_ALLOW: u32 = 0x7fff0000;
const SECCOMP_RET_DATA: u32 = 0xffff;

export const EPERM: u32 = 1;
export const ENOSYS: u32 = 38;
/** include/linux/err.h; the kernel takes a greater errno of a filter for this one. */
export const MAX_ERRNO: u32 = 4095;

/** runtime-spec config-linux.md#seccomp; SCMP_ACT_KILL is the old name of SCMP_ACT_KILL_THREAD. */
export function actionOf(name: string): u32 {
  if (name == 'SCMP_ACT_ALLOW') return SECCOMP_RET_ALLOW;
  if (name == 'SCMP_ACT_ERRNO') return SECCOMP_RET_ERRNO;
  if (name == 'SCMP_ACT_KILL_PROCESS') return SECCOMP_RET_KILL_PROCESS;
  if (name == 'SCMP_ACT_TRAP') return SECCOMP_RET_TRAP;
  if (name == 'SCMP_ACT_NOTIFY') return SECCOMP_RET_USER_NOTIF;
  if (name == 'SCMP_ACT_TRACE') return SECCOMP_RET_TRACE;
  if (name == 'SCMP_ACT_LOG') return SECCOMP_RET_LOG;
  return SECCOMP_RET_KILL_THREAD;
}

export function hasErrno(action: u32): bool {
  return isA(action, SECCOMP_RET_ERRNO) || isA(action, SECCOMP_RET_TRACE);
}

export function isA(action: u32, kind: u32): bool {
  return (action & ~SECCOMP_RET_DATA) == kind;
}

/** `ERRNO(38)` */
export function actionName(action: u32): string {
  const data = action & SECCOMP_RET_DATA;
  if (isA(action, SECCOMP_RET_ERRNO)) return `ERRNO(${data})`;
  if (isA(action, SECCOMP_RET_TRACE)) return `TRACE(${data})`;
  if (action == SECCOMP_RET_ALLOW) return 'ALLOW';
  if (action == SECCOMP_RET_LOG) return 'LOG';
  if (action == SECCOMP_RET_USER_NOTIF) return 'NOTIFY';
  if (action == SECCOMP_RET_TRAP) return 'TRAP';
  return action == SECCOMP_RET_KILL_PROCESS ? 'KILL_PROCESS' : 'KILL_THREAD';
}
