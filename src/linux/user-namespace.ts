import { readFileSync } from 'node:fs';

/** Whether this process is in another user namespace than the first, where every id is itself: man 7 user_namespaces. */
export function isInUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false; // a kernel without user namespaces
  }
}
