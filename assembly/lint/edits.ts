import { Document, NONE } from '../json/document';
import { join } from '../json/text';
import { Writer } from '../json/writer';
import { Diagnostic, Edit, Fix } from '../report';

/**
 * Edits of a JSON text that keep it valid, each by itself, and that look like what stands around them: a new line where
 * the neighbours have one, and the same space around their colons.
 */
export class Edits {
  private edits: Edit[];

  constructor(
    private document: Document,
    fix: Fix,
  ) {
    this.edits = fix.edits;
  }

  /** JSON in the place of a value. */
  replace(node: i32, json: string): Edits {
    return this.edit(this.document.start(node), this.document.end(node), json);
  }

  /** Text at a place within a string. */
  insert(at: i32, text: string): Edits {
    return this.edit(at, at, text);
  }

  renameKey(member: i32, key: string): Edits {
    const start = this.document.keyStart(member);
    return this.edit(start, this.document.keyEnd(start), quote(key));
  }

  /** A member of an object or an item of an array. */
  remove(node: i32): Edits {
    return this.removeAll([node]);
  }

  /** Several of one object or array: each with the comma before it, or, as long as none is kept, with the one behind. */
  removeAll(nodes: i32[]): Edits {
    const document = this.document;
    const container = document.parent(nodes[0]);
    let previous = NONE;
    let keepsOne = false;
    const first = this.edits.length;
    for (let child = document.firstChild(container); child != NONE; child = document.nextSibling(child)) {
      const next = document.nextSibling(child);
      if (!nodes.includes(child)) keepsOne = true;
      else if (keepsOne) this.edit(document.end(previous), document.end(child), '');
      else if (next != NONE) this.edit(this.startOf(child), this.startOf(next), '');
      previous = child;
    }
    if (keepsOne) return this;
    this.edits.length = first;
    return this.edit(document.start(container) + 1, document.end(container) - 1, '');
  }

  /** The value of a member, which is put behind the last one if it is not there. */
  set(object: i32, key: string, json: string): Edits {
    const document = this.document;
    for (let child = document.firstChild(object); child != NONE; child = document.nextSibling(child)) {
      if (document.keyEquals(child, key)) return this.replace(child, json);
    }
    return this.add(object, `${quote(key)}${this.colon(object)}${json}`);
  }

  /** Behind the last item. */
  addItem(array: i32, json: string): Edits {
    return this.add(array, json);
  }

  /** Strings behind the last item, of which there has to be one. */
  addItems(array: i32, texts: string[]): Edits {
    const quoted: string[] = [];
    for (let index = 0; index < texts.length; index++) quoted.push(quote(texts[index]));
    return this.add(array, join(quoted, `,${this.spaceIn(array)}`));
  }

  /** An item before one that stands before it. */
  move(item: i32, before: i32): Edits {
    const document = this.document;
    const text = document.slice(document.start(item), document.end(item));
    this.insert(document.start(before), `${text},${this.spaceIn(document.parent(item))}`);
    return this.remove(item);
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
    this.edits.push(new Edit(start, end, text));
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

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}
