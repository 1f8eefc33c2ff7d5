import { Document, Kind, NONE } from '../json/document';

// The values that a pattern names: a JSON pointer in which the step `*` is every member or item, and an end `=text` a
// string of this value: `/mounts/*/options/*=idmap`.
export function select(document: Document, pattern: string): i32[] {
  const found: i32[] = [];
  if (document.root != NONE) descend(document, document.root, pattern, 0, found);
  return found;
}

/** `at` is where the rest of the pattern begins: at a slash, at `=`, or at the end. */
function descend(document: Document, node: i32, pattern: string, at: i32, found: i32[]): void {
  if (at == pattern.length) {
    found.push(node);
    return;
  }
  if (pattern.charCodeAt(at) == 0x3d) {
    if (document.kind(node) == Kind.STRING && document.textEquals(node, pattern, at + 1)) found.push(node);
    return;
  }
  if (document.kind(node) < Kind.ARRAY) return;
  const isObject = document.kind(node) == Kind.OBJECT;
  const start = at + 1;
  let end = start;
  while (end < pattern.length && pattern.charCodeAt(end) != 0x2f && pattern.charCodeAt(end) != 0x3d) end++;
  const isAny = end == start + 1 && pattern.charCodeAt(start) == 0x2a;
  for (let child = document.firstChild(node); child != NONE; child = document.nextSibling(child)) {
    if (document.kind(child) == Kind.NULL) continue;
    if (isAny || (isObject && document.keyEquals(child, pattern, start, end))) {
      descend(document, child, pattern, end, found);
    }
  }
}
