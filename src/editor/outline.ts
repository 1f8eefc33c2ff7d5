import type { Node, Span, Tree } from './tree.ts';

/** A part of the document, for a table of contents. */
export interface Section extends Span {
  name: string;
  /** The value of a scalar. */
  detail: string;
  kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** The key, or the whole of an item. */
  selection: Span;
  children: Section[];
}

export function outline({ root }: Tree): Section[] {
  return root ? sectionsOf(root, 0) : [];
}

/** The spec ends at nine levels; what is nested deeper is no config. */
const MAX_DEPTH = 32;

function sectionsOf(node: Node, depth: number): Section[] {
  if (depth === MAX_DEPTH) return [];
  // Words in a list are its content, not its parts.
  const parts =
    node.kind === 'array' ? node.children.filter(({ kind }) => kind === 'object' || kind === 'array') : node.children;
  // A key of which not a letter is there yet is none.
  const named = parts.filter(({ kind, key }) => kind !== 'missing' || key?.text !== '');
  return named.map((child): Section => {
    const name = child.key?.text ?? (nameOf(child) || String(node.children.indexOf(child)));
    return {
      name,
      detail: detailOf(child),
      kind: kindOf(child),
      start: child.key?.start ?? child.start,
      end: child.end,
      selection: child.key ?? { start: child.start, end: child.end },
      children: sectionsOf(child, depth + 1),
    };
  });
}

/** What tells the items of a list apart, whichever they have. */
const NAMES = ['destination', 'type', 'path', 'names', 'name', 'pageSize', 'containerID', 'access', 'index', 'major'];

function nameOf(item: Node): string {
  for (const key of NAMES) {
    const found = item.children.find((child) => child.key?.text === key);
    if (found?.kind === 'string' || found?.kind === 'word') return found.text;
    if (found?.kind === 'array') {
      const names = found.children.slice(0, 3).map(({ text }) => text);
      return `${names.join(', ')}${found.children.length > 3 ? ', …' : ''}`;
    }
  }
  return '';
}

const MOST_LETTERS = 60;

function detailOf({ kind, text, children }: Node): string {
  if (kind === 'array') {
    const words = children.filter((child) => child.kind === 'string' || child.kind === 'word');
    return words.length === children.length ? shortened(words.map((word) => word.text).join(' ')) : '';
  }
  return kind === 'string' || kind === 'word' ? shortened(text) : '';
}

function shortened(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

function kindOf({ kind, text }: Node): Section['kind'] {
  if (kind !== 'word') return kind === 'missing' ? 'null' : kind;
  if (text === 'true' || text === 'false') return 'boolean';
  return /^-?\d/.test(text) ? 'number' : 'null';
}
