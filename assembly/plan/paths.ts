import { join } from '../json/text';

/** A path of config.json from the bundle on. */
export function absolute(bundle: string, path: string): string {
  return path.startsWith('/') ? path : `${bundle}/${path}`;
}

/** `/a/b` for `a//b/`, `/a/./b` and `/x/../a/b`: names only, links are the kernel's affair (RESOLVE_IN_ROOT). */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const parts = path.split('/');
  const kept: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (part == '' || part == '.') continue;
    if (part == '..') {
      if (kept.length) kept.pop();
    } else kept.push(part);
  }
  return `/${join(kept, '/')}`;
}

/** Most paths are: taking them apart and putting them together again would be much of a translation. */
function isClean(path: string): bool {
  const end = path.length;
  if (end < 2 || path.charCodeAt(end - 1) == 0x2f) return path == '/';
  if (path.charCodeAt(0) != 0x2f) return false;
  for (let at = 1; at < end; at++) {
    if (path.charCodeAt(at - 1) != 0x2f) continue;
    const code = path.charCodeAt(at);
    // A name that begins with a dot may be one to leave out.
    if (code == 0x2f || code == 0x2e) return false;
  }
  return true;
}

export function hasNul(text: string): bool {
  return text.includes('\0');
}
