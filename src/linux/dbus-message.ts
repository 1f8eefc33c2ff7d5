// Messages of D-Bus: https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol
//
// A type is its D-Bus signature. What it holds in JavaScript:
//
//   y b n q i u d   number, boolean for b          s o g   string
//   x t             bigint                         v       Variant
//   ay              Uint8Array                     a… (…)  array; {…} likewise

import { OrlopError } from '../error.ts';

export type Value = number | bigint | boolean | string | Uint8Array | Variant | readonly Value[];

export interface Variant {
  type: string;
  value: Value;
}

/** Types of messages. */
export const CALL = 1;
export const ERROR = 3;
export const SIGNAL = 4;

export interface Message {
  type: number;
  serial: number;
  path?: string | undefined;
  interface?: string | undefined;
  member?: string | undefined;
  errorName?: string | undefined;
  replySerial?: number | undefined;
  destination?: string | undefined;
  signature?: string | undefined;
  body?: readonly Value[] | undefined;
}

/** Codes of header fields, and their types. */
const FIELDS: readonly (readonly [number, keyof Message, string])[] = [
  [1, 'path', 'o'],
  [2, 'interface', 's'],
  [3, 'member', 's'],
  [4, 'errorName', 's'],
  [5, 'replySerial', 'u'],
  [6, 'destination', 's'],
  [8, 'signature', 'g'],
];

const LITTLE_ENDIAN = 0x6c; // 'l'
const VERSION = 1;
/** What there has to be of a message for lengthOf(): up to the length of the header fields. */
export const FIXED_SIZE = 16;
/** As the specification has it. */
const LENGTH_MAX = 2 ** 27;

const ALIGNMENT: Readonly<Record<string, number>> = { y: 1, g: 1, v: 1, n: 2, q: 2, x: 8, t: 8, d: 8, '(': 8, '{': 8 };

const alignmentOf = (type: string): number => ALIGNMENT[type[0] as string] ?? 4;

/** The complete types of a signature: `sa(sv)` is `s` and `a(sv)`. */
export function typesOf(signature: string): string[] {
  const types: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < signature.length; at++) {
    const letter = signature[at] as string;
    if ('({'.includes(letter)) depth++;
    else if (')}'.includes(letter)) depth--;
    if (depth > 0 || letter === 'a') continue;
    types.push(signature.slice(start, at + 1));
    start = at + 1;
  }
  if (start < signature.length) throw malformed(`the signature "${signature}"`);
  return types;
}

const malformed = (what: string): OrlopError => new OrlopError('linux/dbus', `D-Bus: ${what} is malformed`);

class Encoder {
  bytes: number[] = [];

  align(boundary: number): void {
    while (this.bytes.length % boundary !== 0) this.bytes.push(0);
  }

  put(type: string, value: Value): void {
    this.align(alignmentOf(type));
    switch (type[0]) {
      case 'y':
        this.bytes.push(Number(value));
        break;
      case 'b':
        this.integer(value === true ? 1n : 0n, 4);
        break;
      case 'n':
      case 'q':
        this.integer(BigInt(value as number), 2);
        break;
      case 'i':
      case 'u':
        this.integer(BigInt(value as number), 4);
        break;
      case 'x':
      case 't':
        this.integer(BigInt(value as bigint), 8);
        break;
      case 'd':
        this.bytes.push(...new Uint8Array(Float64Array.of(Number(value)).buffer));
        break;
      case 's':
      case 'o':
        this.text(String(value), 4);
        break;
      case 'g':
        this.text(String(value), 1);
        break;
      case 'v': {
        const variant = value as Variant;
        this.text(variant.type, 1);
        this.put(variant.type, variant.value);
        break;
      }
      case 'a':
        this.array(type.slice(1), value as Iterable<Value>);
        break;
      default:
        typesOf(type.slice(1, -1)).forEach((member, index) => {
          this.put(member, (value as Value[])[index] as Value);
        });
    }
  }

  /** The length counts the elements, but not the padding before the first. */
  private array(element: string, values: Iterable<Value>): void {
    const place = this.bytes.length;
    this.integer(0n, 4);
    this.align(alignmentOf(element));
    const start = this.bytes.length;
    for (const value of values) this.put(element, value);
    const length = this.bytes.length - start;
    for (let index = 0; index < 4; index++) this.bytes[place + index] = (length >>> (8 * index)) & 0xff;
  }

  private integer(value: bigint, size: number): void {
    for (let index = 0; index < size; index++) this.bytes.push(Number((value >> BigInt(8 * index)) & 0xffn));
  }

  private text(value: string, lengthSize: number): void {
    const bytes = Buffer.from(value);
    this.integer(BigInt(bytes.length), lengthSize);
    this.bytes.push(...bytes, 0);
  }
}

class Decoder {
  at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  align(boundary: number): void {
    this.at = Math.ceil(this.at / boundary) * boundary;
  }

  take(type: string): Value {
    this.align(alignmentOf(type));
    switch (type[0]) {
      case 'y':
        return this.bytes.readUInt8(this.step(1));
      case 'b':
        return this.bytes.readUInt32LE(this.step(4)) !== 0;
      case 'n':
        return this.bytes.readInt16LE(this.step(2));
      case 'q':
        return this.bytes.readUInt16LE(this.step(2));
      case 'i':
        return this.bytes.readInt32LE(this.step(4));
      case 'u':
        return this.bytes.readUInt32LE(this.step(4));
      case 'x':
        return this.bytes.readBigInt64LE(this.step(8));
      case 't':
        return this.bytes.readBigUInt64LE(this.step(8));
      case 'd':
        return this.bytes.readDoubleLE(this.step(8));
      case 's':
      case 'o':
        return this.text(this.bytes.readUInt32LE(this.step(4)));
      case 'g':
        return this.text(this.bytes.readUInt8(this.step(1)));
      case 'v': {
        const inner = this.text(this.bytes.readUInt8(this.step(1)));
        return { type: inner, value: this.take(inner) };
      }
      case 'a':
        return this.array(type.slice(1));
      case '(':
      case '{':
        return typesOf(type.slice(1, -1)).map((member) => this.take(member));
      default:
        throw malformed(`a message with a value of type "${type}"`);
    }
  }

  private array(element: string): Value {
    const length = this.bytes.readUInt32LE(this.step(4));
    this.align(alignmentOf(element));
    const end = this.at + length;
    if (end > this.bytes.length) throw malformed('a message');
    if (element === 'y') return new Uint8Array(this.bytes.subarray(this.step(length), end));
    const values: Value[] = [];
    while (this.at < end) values.push(this.take(element));
    return values;
  }

  private text(length: number): string {
    const start = this.step(length + 1);
    return this.bytes.toString('utf8', start, start + length);
  }

  private step(size: number): number {
    const start = this.at;
    this.at += size;
    if (this.at > this.bytes.length) throw malformed('a message');
    return start;
  }
}

export function encode(message: Message): Buffer {
  const body = new Encoder();
  const { signature = '', body: values = [] } = message;
  typesOf(signature).forEach((type, index) => {
    body.put(type, values[index] as Value);
  });
  const fields: Value[] = [];
  for (const [code, key, type] of FIELDS) {
    const value = message[key];
    if (value !== undefined && value !== '') fields.push([code, { type, value: value as Value }]);
  }
  const header = new Encoder();
  header.put('(yyyyuua(yv))', [LITTLE_ENDIAN, message.type, 0, VERSION, body.bytes.length, message.serial, fields]);
  header.align(8);
  return Buffer.from([...header.bytes, ...body.bytes]);
}

/** Of the whole message that begins so; `start` has at least FIXED_SIZE bytes. */
export function lengthOf(start: Buffer): number {
  const length = FIXED_SIZE + Math.ceil(start.readUInt32LE(12) / 8) * 8 + start.readUInt32LE(4);
  if (start[0] !== LITTLE_ENDIAN || start[3] !== VERSION || length > LENGTH_MAX) throw malformed('a message');
  return length;
}

/** One whole message. Our own bus speaks this machine's byte order, which on both architectures is little-endian. */
export function decode(bytes: Buffer): Message {
  const header = new Decoder(bytes);
  const [, type, , , , serial, fields] = header.take('(yyyyuua(yv))') as [...Value[], Value[]];
  const message: Message = { type: type as number, serial: serial as number };
  for (const [code, variant] of fields as [number, Variant][]) {
    const field = FIELDS.find(([known]) => known === code);
    if (field) Object.assign(message, { [field[1]]: variant.value });
  }
  header.align(8);
  const body = new Decoder(bytes.subarray(header.at));
  return { ...message, body: typesOf(message.signature ?? '').map((one) => body.take(one)) };
}
