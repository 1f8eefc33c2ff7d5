import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CALL,
  decode,
  encode,
  FIXED_SIZE,
  lengthOf,
  type Message,
  typesOf,
  type Value,
} from '../../src/linux/dbus-message.ts';

const call = (signature: string, body: Value[]): Message => ({
  type: CALL,
  serial: 1,
  path: '/',
  member: 'M',
  signature,
  body,
});

const again = (signature: string, body: Value[]): unknown => decode(encode(call(signature, body))).body;

describe('a message', () => {
  test('is as the specification draws it', () => {
    const words = [
      ...['6c010001', '00000000', '07000000', '1a000000'], // call of version 1, empty body, serial, length of the fields
      ...['01016f00', '01000000', '2f00', '000000000000'], // path, filled up to 8
      ...['03017300', '01000000', '4d00', '000000000000'], // member
    ];
    expect(encode({ type: CALL, serial: 7, path: '/', member: 'M' }).toString('hex')).toBe(words.join(''));
  });

  test('has its length in its first bytes', () => {
    const bytes = encode(call('sas', ['one', ['two', 'three']]));
    expect(lengthOf(bytes.subarray(0, FIXED_SIZE))).toBe(bytes.length);
  });

  test('that is none is an error', () => {
    const bytes = encode(call('s', ['text']));
    expect(() => lengthOf(Buffer.from(bytes).fill('B', 0, 1))).toThrow(/malformed/);
    expect(() => decode(bytes.subarray(0, -2))).toThrow(/malformed/);
    expect(() => encode(call('a', []))).toThrow(/malformed/);
  });

  test.each<[string, Value[]]>([
    ['ybnqiu', [255, true, -5, 65535, -70000, 4294967295]],
    ['xt', [-(2n ** 63n), 2n ** 64n - 1n]],
    ['dsog', [0.1, 'ümläut', '/a/b', 'a{sv}']],
    ['a(ss)as', [[['one', 'two']], []]],
    ['a{sv}', [[['key', { type: 'ai', value: [1, -2] }]]]],
    ['yat', [1, [1n, 2n]]],
    ['ayv', [new Uint8Array([1, 2, 3]), { type: '(sa(sv))', value: ['x', [['y', { type: 'b', value: false }]]] }]],
  ])('of %s comes back', (signature, body) => {
    expect(again(signature, body)).toEqual(body);
  });

  test('of any type comes back', () => {
    const scalars: fc.Arbitrary<[string, Value]>[] = [
      fc.integer({ min: 0, max: 255 }).map((value) => ['y', value]),
      fc.boolean().map((value) => ['b', value]),
      fc.integer({ min: -32768, max: 32767 }).map((value) => ['n', value]),
      fc.integer().map((value) => ['i', value]),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ['t', value]),
      fc.string({ unit: 'grapheme' }).map((value) => ['s', value.replaceAll('\0', '')]),
    ];
    const { typed } = fc.letrec<{ typed: [string, Value] }>((tie) => ({
      typed: fc.oneof(
        { maxDepth: 4 },
        ...scalars,
        tie('typed').map(([type, value]): [string, Value] => ['v', { type, value }]),
        fc
          .array(tie('typed'), { minLength: 1, maxLength: 4 })
          .map((all): [string, Value] => [`(${all.map(([type]) => type).join('')})`, all.map(([, value]) => value)]),
        tie('typed').map(([type, value]): [string, Value] => (type === 'y' ? ['y', 1] : [`a${type}`, [value, value]])),
      ),
    }));
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 5 }), (all) => {
        const signature = all.map(([type]) => type).join('');
        const body = all.map(([, value]) => value);
        fc.pre(signature.length < 255);
        expect(typesOf(signature)).toEqual(all.map(([type]) => type));
        expect(again(signature, body)).toEqual(body);
      }),
    );
  });
});
