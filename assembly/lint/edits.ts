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

  /** A member of an object or an item of an array: with the comma before it, or, if it is the first, the one behind. */
  remove(node: i32): Edits {
    const document = this.document;
    const start = this.startOf(node);
    const next = document.nextSibling(node);
    const before = this.beforeSpace(start);
    if (document.byte(before - 1) == 0x2c) return this.edit(this.beforeSpace(before - 1), document.end(node), '');
    if (next != NONE) return this.edit(start, this.startOf(next), '');
    const container = document.parent(node);
    return this.edit(document.start(container) + 1, document.end(container) - 1, '');
  }

  /** Several of one object or array, in their order. */
  removeAll(nodes: i32[]): Edits {
    const document = this.document;
    const container = document.parent(nodes[0]);
    let index = 0;
    let kept = NONE;
    for (let child = document.firstChild(container); child != NONE; child = document.nextSibling(child)) {
      if (index == nodes.length || child != nodes[index]) {
        // Those before the first that is kept go as one, with the comma behind.
        if (kept == NONE && index > 0) this.edit(this.startOf(nodes[0]), this.startOf(child), '');
        kept = child;
        continue;
      }
      let last = child;
      for (index++; index < nodes.length && document.nextSibling(last) == nodes[index]; index++) last = nodes[index];
      if (kept != NONE) this.edit(document.end(kept), document.end(last), '');
      child = last;
    }
    if (kept == NONE) this.edit(document.start(container) + 1, document.end(container) - 1, '');
    return this;
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
    const end = document.end(container) - 1;
    if (document.firstChild(container) == NONE) return this.edit(document.start(container) + 1, end, text);
    const last = this.beforeSpace(end);
    return this.edit(last, last, `,${this.spaceIn(container)}${text}`);
  }

  private edit(start: i32, end: i32, text: string): Edits {
    this.edits.push(new Edit(start, end, text));
    return this;
  }

  private startOf(node: i32): i32 {
    const key = this.document.keyStart(node);
    return key == NONE ? this.document.start(node) : key;
  }

  /** Where the white space before a place begins. */
  private beforeSpace(place: i32): i32 {
    let at = place;
    while (at > 0 && isSpace(this.document.byte(at - 1))) at--;
    return at;
  }

  /**
   * What stands before a member or item: a new line with its indentation, or a space, or nothing. On one line the second
   * one tells, if there are two: in `{ "a": 1 }` the space before the first is that of the bracket.
   */
  private spaceIn(container: i32): string {
    const document = this.document;
    const first = document.firstChild(container);
    if (first == NONE) return ' ';
    const space = this.spaceBefore(first);
    const second = document.nextSibling(first);
    if (space.includes('\n')) return space;
    return second == NONE ? ' ' : this.spaceBefore(second);
  }

  private spaceBefore(node: i32): string {
    const start = this.startOf(node);
    return this.document.slice(this.beforeSpace(start), start);
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
