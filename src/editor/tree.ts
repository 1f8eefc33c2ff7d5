// JSON as it is while somebody types it. The module's parser stops at the first fault, for what comes after it might be
// anything; an editor wants the best guess, and keeps all that is not in doubt. Libraries that forgive faults skip to the
// next comma, and lose half of the document to a key that has no colon yet.

export type Kind = 'object' | 'array' | 'string' | 'word' | 'missing';

/** A piece of the text, in UTF-16 code units. */
export interface Span {
  start: number;
  end: number;
}

export interface Key extends Span {
  text: string;
}

/** A value; of an object's members also with its key. `word` is a number, true, false, null, or half of one. */
export interface Node extends Span {
  kind: Kind;
  parent: Node | undefined;
  key: Key | undefined;
  /** Behind the colon of its key, if there is one. */
  afterColon: number | undefined;
  children: Node[];
  /** Of strings and containers: whether they have an end of their own. */
  isClosed: boolean;
  /** Of strings, without quotes and escapes; of words as they stand. */
  text: string;
}

type Member = Pick<Node, 'key' | 'afterColon'>;

const NO_MEMBER: Member = { key: undefined, afterColon: undefined };

export interface Tree {
  text: string;
  /** Undefined for an empty text. */
  root: Node | undefined;
}

export function parseTree(text: string): Tree {
  const strict = new Reader(text, false).read();
  // A brace that was never closed takes in all that follows; if the lines are indented they tell where it was meant to end.
  const root = strict && hasOpen(strict) ? new Reader(text, true).read() : strict;
  return { text, root };
}

/** The containers at the end of the text: only these can be open if nothing was guessed. */
function hasOpen(root: Node): boolean {
  for (let node: Node | undefined = root; node; node = node.children.at(-1)) {
    if ((node.kind === 'object' || node.kind === 'array') && !node.isClosed) return true;
  }
  return false;
}

const SPACE = /[ \t\r\n\uFEFF]*/y;
const WORD = /[^\s,:{}[\]"]+/y;
/** Ends with its line: a quote that is missing must not turn the rest of the document inside out. */
const STRING = /"(?:[^"\\\r\n]|\\[^\r\n])*("|\\?)/y;

/** Keeps the open containers on a stack of its own, so that depth costs no call. */
class Reader {
  private at = 0;
  private readonly text: string;
  private readonly usesLines: boolean;
  private root: Node | undefined;
  private container: Node | undefined;
  /** The indentation of the line on which each open container begins. */
  private readonly indents: number[] = [];
  private line = { start: 0, indent: 0 };

  constructor(text: string, usesLines: boolean) {
    this.text = text;
    this.usesLines = usesLines;
  }

  read(): Node | undefined {
    this.skipSpace();
    while (this.at < this.text.length) {
      const { container } = this;
      if (container === undefined) {
        if (this.root) break; // what follows the document
        this.value(undefined);
      } else if (container.kind === 'object') this.member();
      else this.item();
      this.skipSpace();
    }
    while (this.container) this.leave(this.text.length, false);
    return this.root;
  }

  private member(): void {
    const character = this.text[this.at];
    if (this.usesLines && this.endsByLine()) {
      this.leave(this.at, false);
      return;
    }
    if (character === '}') {
      this.leave(++this.at, true);
      return;
    }
    if (character === ']' && this.isWithin('array')) {
      this.leave(this.at, false);
      return;
    }
    if (character !== '"') {
      // A comma, a closer that closes nothing, or a key without quotes: passed over.
      if (!this.match(WORD)) this.at++;
      return;
    }
    const key = this.string();
    const member: Member = { key: { text: key.text, start: key.start, end: key.end }, afterColon: undefined };
    this.skipSpace();
    if (this.text[this.at] !== ':') {
      this.missing(member, key.end);
      return;
    }
    member.afterColon = ++this.at;
    this.skipSpace();
    this.value(member);
  }

  private item(): void {
    const character = this.text[this.at];
    if (this.usesLines && this.endsByLine()) {
      this.leave(this.at, false);
      return;
    }
    if (character === ']') {
      this.leave(++this.at, true);
      return;
    }
    if (character === '}' && this.isWithin('object')) {
      this.leave(this.at, false);
      return;
    }
    if (character === ',' || character === ':' || character === '}') {
      this.at++;
      return;
    }
    // A key has no place in an array: its bracket is missing.
    if (character === '"' && this.isKey() && this.isWithin('object')) {
      this.leave(this.at, false);
      return;
    }
    this.value(undefined);
  }

  private value(member: Member | undefined): void {
    const start = this.at;
    const character = this.text[start];
    if (character === '{' || character === '[') {
      this.indents.push(this.line.indent);
      this.at++;
      const node = this.add(member, character === '{' ? 'object' : 'array', start, start, '', false);
      this.container = node;
    } else if (character === '"') {
      // The next member's key, and not the value of this one.
      if (member && this.isKey()) {
        this.missing(member, member.afterColon ?? start);
        return;
      }
      const { end, text, isClosed } = this.string();
      this.add(member, 'string', start, end, text, isClosed);
    } else if (this.match(WORD)) this.add(member, 'word', start, this.at, this.text.slice(start, this.at), true);
    else if (member) this.missing(member, member.afterColon ?? start);
    else this.at++;
  }

  private missing(member: Member, at: number): void {
    this.add(member, 'missing', at, at, '', false);
  }

  private add(
    member: Member | undefined,
    kind: Kind,
    start: number,
    end: number,
    text: string,
    isClosed: boolean,
  ): Node {
    // One shape for all, and no spread: there are thousands of them for each key that is typed.
    const { key, afterColon } = member ?? NO_MEMBER;
    const node: Node = { kind, start, end, parent: this.container, key, afterColon, children: [], isClosed, text };
    if (this.container) this.container.children.push(node);
    else this.root = node;
    return node;
  }

  private leave(end: number, isClosed: boolean): void {
    const node = this.container as Node;
    node.end = end;
    node.isClosed = isClosed;
    this.container = node.parent;
    this.indents.pop();
  }

  private isWithin(kind: Kind): boolean {
    for (let node = this.container?.parent; node; node = node.parent) if (node.kind === kind) return true;
    return false;
  }

  private string(): { start: number; end: number; text: string; isClosed: boolean } {
    const start = this.at;
    STRING.lastIndex = start;
    const [token = '"', last] = STRING.exec(this.text) ?? [];
    this.at += token.length;
    const isClosed = last === '"';
    return { start, end: this.at, text: unquoted(token, isClosed), isClosed };
  }

  /** Whether the string here has a colon behind it. */
  private isKey(): boolean {
    const { at, line } = this;
    this.string();
    this.skipSpace();
    const isKey = this.text[this.at] === ':';
    this.at = at;
    this.line = line;
    return isKey;
  }

  /** Whether the line that begins here is too far left for the container that is open. */
  private endsByLine(): boolean {
    const isFirst = this.at === this.line.start + this.line.indent;
    if (!isFirst || this.indents.length < 2) return false;
    const indent = this.indents.at(-1) ?? 0;
    const closes = this.text[this.at] === '}' || this.text[this.at] === ']';
    return closes ? this.line.indent < indent : this.line.indent <= indent;
  }

  /** Only here are lines passed: no word goes beyond its own. */
  private skipSpace(): void {
    const from = this.at;
    if (!this.match(SPACE)) return;
    const newline = this.text.slice(from, this.at).lastIndexOf('\n');
    if (newline < 0) return;
    const start = from + newline + 1;
    this.line = { start, indent: this.at - start };
  }

  private match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const length = pattern.exec(this.text)?.[0].length ?? 0;
    this.at += length;
    return length > 0;
  }
}

function unquoted(token: string, isClosed: boolean): string {
  const inner = token.slice(1, isClosed ? -1 : undefined);
  if (!inner.includes('\\')) return inner;
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    return inner;
  }
}

/** The steps from the root to a value: keys, and the places of items. */
export function stepsOf(node: Node): string[] {
  const steps: string[] = [];
  for (let one: Node | undefined = node; one?.parent; one = one.parent) {
    steps.unshift(one.key?.text ?? String(one.parent.children.indexOf(one)));
  }
  return steps;
}

/** RFC 6901 */
export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function member(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'object' ? node.children.find((child) => child.key?.text === key) : undefined;
}

/** What the cursor is in. */
export interface Place {
  /** The innermost container around it, or undefined outside of the document. */
  container: Node | undefined;
  /** The member or item whose key or value it touches. */
  child: Node | undefined;
  /** Whether it is the key that it touches. */
  isInKey: boolean;
}

export function placeAt({ root }: Tree, offset: number): Place {
  let container: Node | undefined;
  let child: Node | undefined = root && touches(root, offset) ? root : undefined;
  while (child && isAround(child, offset)) {
    container = child;
    child = childAt(container, offset);
  }
  const key = child?.key;
  return { container, child, isInKey: key !== undefined && key.start <= offset && offset <= key.end };
}

/** By halves: a seccomp profile has hundreds of names. */
function childAt({ children }: Node, offset: number): Node | undefined {
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const child = children[middle] as Node;
    if ((child.key?.start ?? child.start) <= offset) low = middle + 1;
    else high = middle;
  }
  const child = children[low - 1];
  return child && touches(child, offset) ? child : undefined;
}

function touches(node: Node, offset: number): boolean {
  return (node.key?.start ?? node.start) <= offset && offset <= node.end;
}

/** Behind its first brace and before its last. */
function isAround(node: Node, offset: number): boolean {
  if (node.kind !== 'object' && node.kind !== 'array') return false;
  return node.start < offset && (node.isClosed ? offset < node.end : offset <= node.end);
}
