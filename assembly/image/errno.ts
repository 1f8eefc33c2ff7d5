/** asm-generic/errno-base.h and errno.h: the errors that rows tolerate or that hints speak of. */
export const ENOENT: u16 = 2;
export const EPERM: u16 = 1;
export const ESRCH: u16 = 3;
export const ENOEXEC: u16 = 8;
export const EBADF: u16 = 9;
export const EAGAIN: u16 = 11;
export const EACCES: u16 = 13;
export const EBUSY: u16 = 16;
export const E2BIG: u16 = 7;
export const EEXIST: u16 = 17;
export const ENODEV: u16 = 19;
export const ENOTDIR: u16 = 20;
export const EISDIR: u16 = 21;
export const EINVAL: u16 = 22;
export const EINTR: u16 = 4;
export const ECHILD: u16 = 10;
export const ENOTTY: u16 = 25;
export const ENOSPC: u16 = 28;
export const EROFS: u16 = 30;
export const EPIPE: u16 = 32;
export const ENOSYS: u16 = 38;
export const ENAMETOOLONG: u16 = 36;
export const ELOOP: u16 = 40;
export const EOVERFLOW: u16 = 75;
export const EOPNOTSUPP: u16 = 95;
export const EAFNOSUPPORT: u16 = 97;
export const ECONNRESET: u16 = 104;

/** Name, then the words of strerror(3); index is the number. Gaps are numbers that Linux does not use. */
const ERRORS: string[] = [
  '',
  'EPERM:operation not permitted',
  'ENOENT:no such file or directory',
  'ESRCH:no such process',
  'EINTR:interrupted system call',
  'EIO:input/output error',
  'ENXIO:no such device or address',
  'E2BIG:argument list too long',
  'ENOEXEC:exec format error',
  'EBADF:bad file descriptor',
  'ECHILD:no child processes',
  'EAGAIN:resource temporarily unavailable',
  'ENOMEM:cannot allocate memory',
  'EACCES:permission denied',
  'EFAULT:bad address',
  'ENOTBLK:block device required',
  'EBUSY:device or resource busy',
  'EEXIST:file exists',
  'EXDEV:invalid cross-device link',
  'ENODEV:no such device',
  'ENOTDIR:not a directory',
  'EISDIR:is a directory',
  'EINVAL:invalid argument',
  'ENFILE:too many open files in system',
  'EMFILE:too many open files',
  'ENOTTY:inappropriate ioctl for device',
  'ETXTBSY:text file busy',
  'EFBIG:file too large',
  'ENOSPC:no space left on device',
  'ESPIPE:illegal seek',
  'EROFS:read-only file system',
  'EMLINK:too many links',
  'EPIPE:broken pipe',
  'EDOM:numerical argument out of domain',
  'ERANGE:numerical result out of range',
  'EDEADLK:resource deadlock avoided',
  'ENAMETOOLONG:file name too long',
  'ENOLCK:no locks available',
  'ENOSYS:function not implemented',
  'ENOTEMPTY:directory not empty',
  'ELOOP:too many levels of symbolic links',
];

export function errnoName(errno: u32): string {
  const entry = find(errno);
  return entry == '' ? `errno ${errno}` : entry.substring(0, entry.indexOf(':'));
}

/** `ENODEV (no such device)` */
export function errnoText(errno: u32): string {
  const entry = find(errno);
  if (entry == '') return `errno ${errno}`;
  const colon = entry.indexOf(':');
  return `${entry.substring(0, colon)} (${entry.substring(colon + 1)})`;
}

function find(errno: u32): string {
  if (errno < <u32>ERRORS.length) return ERRORS[errno];
  switch (errno) {
    case 75:
      return 'EOVERFLOW:value too large for defined data type';
    case 80:
      return 'ELIBBAD:accessing a corrupted shared library';
    case 87:
      return 'EUSERS:too many users';
    case 95:
      return 'EOPNOTSUPP:operation not supported';
    case 97:
      return 'EAFNOSUPPORT:address family not supported by protocol';
    case 104:
      return 'ECONNRESET:connection reset by peer';
    case 122:
      return 'EDQUOT:disk quota exceeded';
    case 524:
      return 'ENOTSUPP:operation not supported by the kernel';
    default:
      return '';
  }
}
