import { fchownSync, fstatSync } from 'node:fs';
import type { HostPlan } from '../spec/types.ts';

/**
 * A program that opens /dev/stdout opens the pipe there anew, as its user: it has to be his, as under runc. What else may
 * be there, files and /dev/null, is the host's and stays so.
 */
export function giveStdio({ stdioOwner: uid }: HostPlan): void {
  if (uid === undefined) return;
  for (const fd of [0, 1, 2]) {
    try {
      const stat = fstatSync(fd);
      if (stat.isFIFO() && stat.uid !== uid) fchownSync(fd, uid, stat.gid);
    } catch (error) {
      // Not open, somebody else's, of a group that our user namespace does not know, or on a filesystem that is read-only:
      // the program can still use the fd that it has.
      if (!['EBADF', 'EPERM', 'EINVAL', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
