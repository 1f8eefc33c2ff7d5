import { Document, Kind, NONE } from '../json/document';
import { join } from '../json/text';
import { Writer } from '../json/writer';
import { Diagnostic, Edit, Fix } from '../report';

/**
 * Edits of a JSON text that keep it valid, each by itself, and that look like what stands around them: a new line where
 * the neighbours have one, and the same space around their colons.
 */
export class Edits {
  constructor(
    private document: Document,
    private fix: Fix,
  ) {}

  /** JSON in the place of a value. */
  replace(node: i32, json: string): Edits {
    return this.edit(this.document.start(node), this.document.end(node), json);
  }

  renameKey(member: i32, key: string): Edits {
    const start = this.document.keyStart(member);
    return this.edit(start, this.document.keyEnd(start), quote(key));
  }

  /** A member of an object or an item of an array. */
  remove(node: i32): Edits {
    const document = this.document;
    const parent = document.parent(node);
    const next = document.nextSibling(node);
    const previous = this.previous(node);
    if (previous != NONE) return this.edit(document.end(previous), document.end(node), '');
    if (next != NONE) return this.edit(this.startOf(node), this.startOf(next), '');
    return this.edit(document.start(parent) + 1, document.end(parent) - 1, '');
  }

  /** Behind the last member; the key must not be there yet. */
  addMember(object: i32, key: string, json: string): Edits {
    return this.add(object, `${quote(key)}${this.colon(object)}${json}`);
  }

  /** Behind the last item. */
  addItem(array: i32, json: string): Edits {
    return this.add(array, json);
  }

  /** An array as the document would write it as a member of this object: an item a line if it has lines. */
  list(object: i32, items: string[]): string {
    const quoted: string[] = [];
    for (let index = 0; index < items.length; index++) quoted.push(quote(items[index]));
    const space = this.spaceIn(object);
    if (!space.includes('\n')) return `[${join(quoted, ', ')}]`;
    const deeper = `${space}${this.indentOf(object)}`;
    return `[${deeper}${join(quoted, `,${deeper}`)}${space}]`;
  }

  private add(container: i32, text: string): Edits {
    const document = this.document;
    const last = this.last(container);
    if (last == NONE) return this.edit(document.start(container) + 1, document.end(container) - 1, text);
    return this.edit(document.end(last), document.end(last), `,${this.spaceIn(container)}${text}`);
  }

  private edit(start: i32, end: i32, text: string): Edits {
    this.fix.edits.push(new Edit(start, end, text));
    return this;
  }

  private startOf(node: i32): i32 {
    const key = this.document.keyStart(node);
    return key == NONE ? this.document.start(node) : key;
  }

  /** What stands before a member or item: a new line with its indentation, or a space, or nothing. */
  private spaceIn(container: i32): string {
    const document = this.document;
    const last = this.last(container);
    if (last == NONE) return ' ';
    const end = this.startOf(last);
    let start = end;
    while (start > 0 && isSpace(document.byte(start - 1))) start--;
    const space = document.slice(start, end);
    const isOnly = last == document.firstChild(container);
    // In `{ "a": 1 }` the space is that of the bracket.
    return isOnly && !space.includes('\n') ? ' ' : space;
  }

  /** How much further in the members of an object are than the object's own line. */
  private indentOf(object: i32): string {
    const document = this.document;
    const inner = this.spaceIn(object);
    const member = inner.substring(inner.lastIndexOf('\n') + 1);
    let at = document.start(object);
    while (at > 0 && document.byte(at - 1) != 0x0a) at--;
    let end = at;
    while (end < document.length && (document.byte(end) == 0x20 || document.byte(end) == 0x09)) end++;
    const outer = document.slice(at, end);
    return member.startsWith(outer) && member.length > outer.length ? member.substring(outer.length) : '  ';
  }

  private colon(object: i32): string {
    const document = this.document;
    const member = document.firstChild(object);
    if (member == NONE) return ': ';
    const end = document.keyEnd(document.keyStart(member));
    return document.slice(end, document.start(member));
  }

  private previous(node: i32): i32 {
    const document = this.document;
    let previous = NONE;
    for (let at = document.firstChild(document.parent(node)); at != node; at = document.nextSibling(at)) previous = at;
    return previous;
  }

  private last(container: i32): i32 {
    const document = this.document;
    let last = NONE;
    for (let at = document.firstChild(container); at != NONE; at = document.nextSibling(at)) last = at;
    return last;
  }
}

/** Gives a finding a fix, whose edits the answer makes. */
export function fixing(document: Document, finding: Diagnostic, title: string, isSafe: bool): Edits {
  const fix = new Fix(title, isSafe);
  finding.fix = fix;
  return new Edits(document, fix);
}

/** A JSON string. */
export function quote(text: string): string {
  const writer = new Writer(64);
  writer.string(text);
  return writer.text;
}

export function isContainer(document: Document, node: i32): bool {
  return node != NONE && document.kind(node) >= Kind.ARRAY;
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}
