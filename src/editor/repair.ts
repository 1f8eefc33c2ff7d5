// Of a document that is not JSON yet, the part that is: what the linter can read while somebody types.

import { type Node, pointerOf, type Span, stepsOf, type Tree } from './tree.ts';

export interface Repaired {
  /** JSON, on one line. */
  text: string;
  /** Pointers of the objects and arrays that something is missing in: what they lack is not known yet. */
  unfinished: Set<string>;
  /** The place in the text as it was, of a place in this one. */
  original(offset: number): number;
}

interface Piece extends Span {
  /** Where it stands now. */
  at: number;
}

export function repair({ text, root }: Tree): Repaired | undefined {
  if (root === undefined || isBroken(root, text)) return undefined;
  const writer = new Writer(text);
  write(root, text, writer);
  return { text: writer.done(), unfinished: writer.unfinished, original: (offset) => writer.original(offset) };
}

/** Depth is the linter's to refuse: past it, nothing is written. */
const MAX_DEPTH = 128;

function write(node: Node, text: string, writer: Writer, depth = 0): void {
  if (node.kind !== 'object' && node.kind !== 'array') {
    writer.copy(node.start, node.end);
    return;
  }
  writer.copy(node.start, node.start + 1);
  if (!node.isClosed) writer.unfinished.add(pointerOf(stepsOf(node)));
  let isFirst = true;
  for (const child of node.children) {
    const isLost = isBroken(child, text) || depth === MAX_DEPTH;
    if (isLost) {
      writer.unfinished.add(pointerOf(stepsOf(node)));
      if (node.kind === 'object') continue;
    }
    if (!isFirst) writer.insert(',', child.start);
    isFirst = false;
    if (child.key) {
      writer.copy(child.key.start, child.key.end);
      writer.insert(':', child.key.end);
    }
    // Items behind it keep their numbers.
    if (isLost) writer.insert('""', child.start);
    else write(child, text, writer, depth + 1);
  }
  if (node.isClosed) writer.copy(node.end - 1, node.end);
  else writer.insert(node.kind === 'object' ? '}' : ']', node.end);
}

function isBroken(node: Node, text: string): boolean {
  if (node.key && !STRING.test(text.slice(node.key.start, node.key.end))) return true;
  if (node.kind === 'string') return !STRING.test(text.slice(node.start, node.end));
  return node.kind === 'word' ? !WORD.test(node.text) : node.kind === 'missing';
}

const STRING = /^"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"$/;
const WORD = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

class Writer {
  readonly unfinished = new Set<string>();
  private readonly source: string;
  private readonly texts: string[] = [];
  private readonly pieces: Piece[] = [];
  private length = 0;

  constructor(source: string) {
    this.source = source;
  }

  copy(start: number, end: number): void {
    this.add(this.source.slice(start, end), { start, end, at: this.length });
  }

  /** Something that was not there; it stands for a place. */
  insert(text: string, at: number): void {
    this.add(text, { start: at, end: at, at: this.length });
  }

  done(): string {
    return this.texts.join('');
  }

  original(offset: number): number {
    let low = 0;
    let high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.pieces[middle] as Piece).at <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = this.pieces[low];
    return piece ? Math.min(piece.start + offset - piece.at, piece.end) : 0;
  }

  private add(text: string, piece: Piece): void {
    this.texts.push(text);
    this.pieces.push(piece);
    this.length += text.length;
  }
}
