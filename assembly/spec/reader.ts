import { Document, Kind, NONE } from '../json/document';
import { Diagnostic, Report, Severity } from '../report';
import { nearest } from './nearest';
import { List, Pair, Value } from './value';

/**
 * The keys that the readers now open have asked for. Readers nest: one that is made has finished before the one around it
 * asks for more, so all share this stack, and a million small objects do not need a list each. It never grows: what is
 * allocated outlives no reset().
 */
const asked: StaticArray<string> = new StaticArray<string>(256);
let askedCount: i32 = 0;

const KINDS: string[] = ['null', 'a boolean', 'a boolean', 'a number', 'a string', 'an array', 'an object'];

/**
 * Reads the members of one object. Each call names a key and its type, once: the lines of a reader are the schema of its
 * object, and what no line has asked for is unknown. JSON null is an absent field, as it is to every Go program.
 */
export class ObjectReader {
  private firstAsked: i32 = askedCount;
  private isObject: bool;

  constructor(
    public document: Document,
    public node: i32,
    public report: Report,
  ) {
    this.isObject = node != NONE && this.expect(node, Kind.OBJECT, 'an object');
  }

  // ------------------------------------------------------------------- scalars

  string(key: string): Value<string> | null {
    const node = this.find(key);
    if (node == NONE || !this.expect(node, Kind.STRING, 'a string')) return null;
    return new Value<string>(node, this.document.text(node));
  }

  boolean(key: string): Value<bool> | null {
    const node = this.find(key);
    if (node == NONE) return null;
    const kind = this.document.kind(node);
    if (kind != Kind.TRUE && kind != Kind.FALSE) {
      this.wrongType(node, 'true or false');
      return null;
    }
    return new Value<bool>(node, kind == Kind.TRUE);
  }

  signed(key: string, least: i64 = i64.MIN_VALUE, most: i64 = i64.MAX_VALUE): Value<i64> | null {
    const node = this.find(key);
    if (node == NONE) return null;
    const number = this.integer(node);
    if (!number) return null;
    const limit: u64 = number.isNegative ? (<u64>1) << 63 : <u64>i64.MAX_VALUE;
    const value: i64 = number.isNegative ? <i64>(0 - number.magnitude) : <i64>number.magnitude;
    if (number.isTooLarge || number.magnitude > limit || value < least || value > most) {
      this.outOfRange(node, `it goes from ${least} to ${most}`);
      return null;
    }
    return new Value<i64>(node, value);
  }

  unsigned(key: string, most: u64 = u64.MAX_VALUE): Value<u64> | null {
    const node = this.find(key);
    return node == NONE ? null : this.unsignedAt(node, most);
  }

  /** One of the words that the spec lists. */
  choice(key: string, allowed: string[]): Value<string> | null {
    const value = this.string(key);
    if (value) this.checkChoice(value, allowed);
    return value;
  }

  // ------------------------------------------------------------------ required

  requiredString(key: string): Value<string> | null {
    this.require(key);
    return this.string(key);
  }

  requiredSigned(key: string): Value<i64> | null {
    this.require(key);
    return this.signed(key);
  }

  requiredUnsigned(key: string, most: u64): Value<u64> | null {
    this.require(key);
    return this.unsigned(key, most);
  }

  requiredBoolean(key: string): Value<bool> | null {
    this.require(key);
    return this.boolean(key);
  }

  requiredChoice(key: string, allowed: string[]): Value<string> | null {
    this.require(key);
    return this.choice(key, allowed);
  }

  requiredStrings(key: string): List<Value<string>> | null {
    this.require(key);
    return this.strings(key);
  }

  // ---------------------------------------------------------------- containers

  strings(key: string): List<Value<string>> | null {
    const array = this.array(key);
    if (array == NONE) return null;
    const list = new List<Value<string>>();
    list.node = array;
    for (let item = this.document.firstChild(array); item != NONE; item = this.document.nextSibling(item)) {
      if (this.expect(item, Kind.STRING, 'a string'))
        list.items.push(new Value<string>(item, this.document.text(item)));
    }
    return list;
  }

  choices(key: string, allowed: string[]): List<Value<string>> | null {
    const list = this.strings(key);
    if (list) for (let index = 0; index < list.items.length; index++) this.checkChoice(list.items[index], allowed);
    return list;
  }

  numbers(key: string, most: u64): List<Value<u64>> | null {
    const array = this.array(key);
    if (array == NONE) return null;
    const list = new List<Value<u64>>();
    list.node = array;
    for (let item = this.document.firstChild(array); item != NONE; item = this.document.nextSibling(item)) {
      const value = this.unsignedAt(item, most);
      if (value) list.items.push(value);
    }
    return list;
  }

  /** An object whose keys are free and whose values are strings. */
  pairs(key: string): List<Pair> | null {
    const object = this.object(key);
    if (object == NONE) return null;
    const list = new List<Pair>();
    list.node = object;
    for (let item = this.document.firstChild(object); item != NONE; item = this.document.nextSibling(item)) {
      if (!this.expect(item, Kind.STRING, 'a string')) continue;
      list.items.push(new Pair(item, this.document.keyText(item), this.document.text(item)));
    }
    return list;
  }

  object(key: string): i32 {
    const node = this.find(key);
    return node != NONE && this.expect(node, Kind.OBJECT, 'an object') ? node : NONE;
  }

  array(key: string): i32 {
    const node = this.find(key);
    return node != NONE && this.expect(node, Kind.ARRAY, 'an array') ? node : NONE;
  }

  /** A key that is known, and not for Linux. */
  ignore(key: string): void {
    this.find(key);
  }

  /** Tells of every key that nothing has asked for. Every reader ends with it. */
  finish(): void {
    if (this.isObject) {
      const document = this.document;
      for (let member = document.firstChild(this.node); member != NONE; member = document.nextSibling(member)) {
        if (!this.isKnown(member)) this.unknown(member);
      }
    }
    askedCount = this.firstAsked;
  }

  // ------------------------------------------------------------------- private

  private isKnown(member: i32): bool {
    for (let index = this.firstAsked; index < askedCount; index++) {
      if (this.document.keyEquals(member, asked[index])) return true;
    }
    return false;
  }

  private unknown(member: i32): void {
    if (this.report.omits('OCI003', Severity.WARNING)) return;
    const key = this.document.shownKey(member);
    const name = nearest(key, this.askedKeys());
    const help =
      name == '' ? 'runtimes ignore it: remove it, or look for its place in the spec' : `did you mean "${name}"?`;
    const start = this.document.keyStart(member);
    const message = `"${key}" is not a key of the spec here`;
    this.report.warningAtMember('OCI003', member, start, message, help).meant = name;
  }

  private askedKeys(): string[] {
    const keys: string[] = [];
    for (let index = this.firstAsked; index < askedCount; index++) keys.push(asked[index]);
    return keys;
  }

  private find(key: string): i32 {
    asked[askedCount++] = key;
    return this.lookUp(key);
  }

  private lookUp(key: string): i32 {
    if (!this.isObject) return NONE;
    const document = this.document;
    for (let member = document.firstChild(this.node); member != NONE; member = document.nextSibling(member)) {
      if (document.keyEquals(member, key)) return document.kind(member) == Kind.NULL ? NONE : member;
    }
    return NONE;
  }

  private require(key: string): void {
    if (!this.isObject || this.lookUp(key) != NONE) return;
    if (this.report.omits('OCI015', Severity.ERROR)) return;
    this.report.error('OCI015', this.node, `"${key}" is missing here`, 'the spec requires it');
  }

  private expect(node: i32, kind: Kind, expected: string): bool {
    if (this.document.kind(node) == kind) return true;
    this.wrongType(node, expected);
    return false;
  }

  private wrongType(node: i32, expected: string): void {
    if (this.report.omits('OCI004', Severity.ERROR)) return;
    const kind = this.document.kind(node);
    const found = kind < Kind.ARRAY ? this.document.shownSource(node) : KINDS[kind];
    this.wrong(node, `expected ${expected}, found ${found}`, '');
  }

  private outOfRange(node: i32, range: string): void {
    this.wrong(node, `${this.document.shownSource(node)} is out of range`, range);
  }

  private wrong(node: i32, message: string, help: string): Diagnostic {
    return this.report.error('OCI004', node, message, help);
  }

  private checkChoice(value: Value<string>, allowed: string[]): void {
    if (allowed.includes(value.value)) return;
    if (this.report.omits('OCI004', Severity.ERROR)) return;
    const name = nearest(value.value, allowed);
    const help = name == '' ? `it is one of ${allowed.join(', ')}` : `did you mean "${name}"?`;
    this.wrong(value.node, `${this.document.shownSource(value.node)} is not a value of the spec here`, help).meant =
      name;
  }

  private unsignedAt(node: i32, most: u64): Value<u64> | null {
    const number = this.integer(node);
    if (!number) return null;
    if (number.isTooLarge || (number.isNegative && number.magnitude != 0) || number.magnitude > most) {
      this.outOfRange(node, `it goes from 0 to ${most}`);
      return null;
    }
    return new Value<u64>(node, number.magnitude);
  }

  /** All 64 bits of a whole number. 1.0 and 1e3 are none: Go's decoders, and so every engine, refuse them. */
  private integer(node: i32): Integer | null {
    const document = this.document;
    if (!this.expect(node, Kind.NUMBER, 'a whole number')) return null;
    const number = new Integer();
    let at = document.start(node);
    if (document.byte(at) == 0x2d) {
      number.isNegative = true;
      at++;
    }
    for (; at < document.end(node); at++) {
      const digit: u64 = <u64>document.byte(at) - 0x30;
      if (digit > 9) {
        this.wrongType(node, 'a whole number');
        return null;
      }
      if (number.magnitude > (u64.MAX_VALUE - digit) / 10) number.isTooLarge = true;
      number.magnitude = number.magnitude * 10 + digit;
    }
    return number;
  }
}

class Integer {
  magnitude: u64 = 0;
  isNegative: bool = false;
  isTooLarge: bool = false;
}
