import { describe, expect, test } from 'vitest';
import { lint } from './module.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What is wrong with the JSON itself; that these documents are no specs is another matter. */
function syntax(document: string | Uint8Array) {
  return lint(document).filter((finding) => ['OCI001', 'OCI002', 'OCI013'].includes(finding.rule));
}

function joined(...parts: (string | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...bytesOf(part)] : part)));
}

describe('RFC 8259 in full', () => {
  test.each([
    '{}',
    '[]',
    ' \t\r\n{ } \n',
    'null',
    'true',
    'false',
    '"text"',
    '""',
    '0',
    '-0',
    '-1.5e+10',
    '1E400',
    '1e-7',
    '0.0',
    '0e0',
    '123456789012345678901234567890',
    '[1,[2,[3]],{}]',
    '{"":{"":[]}}',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00"',
    '"\u007f\u2028\u2029"',
    '"é€😀\u{10ffff}"',
    '["\\ud800\\udc00","\\uDBFF\\uDFFF"]',
    '[null, true ,false\n,"x"]',
  ])('%j is JSON', (text) => {
    expect(syntax(text)).toEqual([]);
  });
});

describe('what is no JSON, and where', () => {
  // document, line, column, a part of the message
  const cases: [string, number, number, RegExp][] = [
    ['', 1, 1, /found the end of the document/],
    ['  \n ', 2, 2, /found the end of the document/],
    ['{', 1, 2, /found the end/],
    ['[', 1, 2, /found the end/],
    ['{"a"', 1, 5, /expected ":"/],
    ['{"a":', 1, 6, /expected a value/],
    ['{"a":1', 1, 7, /expected "," or "}"/],
    ['[1', 1, 3, /expected "," or "]"/],
    ['[1}', 1, 3, /expected "," or "]", found "}"/],
    ['{"a":1]', 1, 7, /expected "," or "}", found "]"/],
    ['{} {}', 1, 4, /expected the end of the document/],
    ['{}}', 1, 3, /expected the end of the document/],
    ['1 2', 1, 3, /expected the end of the document/],
    ['[1,]', 1, 3, /a comma follows the last value/],
    ['{"a":1,}', 1, 7, /a comma follows the last value/],
    ['[1,\n\n]', 1, 3, /a comma follows the last value/],
    ['[,1]', 1, 2, /expected a value, found ","/],
    ['[1,,2]', 1, 4, /expected a value, found ","/],
    ['{,}', 1, 2, /a key in double quotes, found ","/],
    ['{"a":1 "b":2}', 1, 8, /found a string/],
    ['{"a" 1}', 1, 6, /expected ":"/],
    ['{a:1}', 1, 2, /a key in double quotes, found "a"/],
    ["{'a':1}", 1, 2, /a key in double quotes/],
    ['{1:1}', 1, 2, /a key in double quotes/],
    ['{"a":1} // note', 1, 9, /found "\/"/],
    ['// note\n{}', 1, 1, /found "\/"/],
    ['{ # note\n}', 1, 3, /found "#"/],
    ['/* note */{}', 1, 1, /found "\/"/],
    ['[01]', 1, 2, /a number starts with a zero/],
    ['[-01]', 1, 3, /a number starts with a zero/],
    ['[00]', 1, 2, /a number starts with a zero/],
    ['[0x10]', 1, 3, /found "x"/],
    ['[+1]', 1, 2, /found "\+"/],
    ['[.5]', 1, 2, /found "\."/],
    ['[1.]', 1, 4, /expected a digit/],
    ['[1e]', 1, 4, /expected a digit/],
    ['[1e+]', 1, 5, /expected a digit/],
    ['[-]', 1, 3, /expected a digit/],
    ['[--1]', 1, 3, /expected a digit/],
    ['[NaN]', 1, 2, /found "NaN"/],
    ['[-Infinity]', 1, 3, /expected a digit/],
    ['[nul]', 1, 2, /expected "null", found "nul"/],
    ['[True]', 1, 2, /found "True"/],
    ['[truely]', 1, 6, /found "ly"/],
    ['["a]', 1, 2, /a string has no end/],
    ['["a\\"]', 1, 2, /a string has no end/],
    ['["a\nb"]', 1, 4, /control character 0x0a/],
    ['["a\tb"]', 1, 4, /control character 0x09/],
    ['["\u0000"]', 1, 3, /control character 0x00/],
    ['["\u001f"]', 1, 3, /control character 0x1f/],
    ['["\\x41"]', 1, 3, /no such escape/],
    ['["\\\'"]', 1, 3, /no such escape/],
    ['["\\U0041"]', 1, 3, /no such escape/],
    ['["\\u12"]', 1, 3, /four hexadecimal digits/],
    ['["\\u12g4"]', 1, 3, /four hexadecimal digits/],
    ['["\\u"]', 1, 3, /four hexadecimal digits/],
    ['["\\', 1, 3, /no such escape/],
    ['["\\ud800"]', 1, 3, /half of a surrogate pair/],
    ['["\\udc00"]', 1, 3, /half of a surrogate pair/],
    ['["\\ud800x"]', 1, 3, /half of a surrogate pair/],
    ['["\\ud800\\n"]', 1, 3, /half of a surrogate pair/],
    ['["\\ud800\\ud800"]', 1, 3, /half of a surrogate pair/],
    ['["\\udc00\\ud800"]', 1, 3, /half of a surrogate pair/],
    ['[\u00a01]', 1, 2, /found the byte 0xc2/],
    ['[\f1]', 1, 2, /found the byte 0x0c/],
    ['\u0000', 1, 1, /found the byte 0x00/],
  ];
  test.each(cases)('%j', (text, line, column, message) => {
    const findings = lint(text);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: 'OCI001', severity: 'error', path: '', line, column });
    expect(findings[0]?.message).toMatch(message);
  });

  test.each([
    ['comments', '{} // x', /no comments/],
    ['quotes', "['x']", /double quotes/],
    ['NaN', '[NaN]', /NaN/],
    ['a plus sign', '[+1]', /digit or a minus/],
    ['a trailing comma', '[1,]', /trailing commas/],
    ['a missing quote', '["a\n"]', /closing quote/],
  ])('there is help about %s', (_, text, help) => {
    expect(lint(text)[0]?.help).toMatch(help);
  });
});

describe('UTF-8', () => {
  const bad: [string, number[]][] = [
    ['a continuation byte alone', [0x80]],
    ['Latin-1', [0xe9]],
    ['an overlong slash of 2 bytes', [0xc0, 0xaf]],
    ['an overlong character of 2 bytes', [0xc1, 0xbf]],
    ['an overlong slash of 3 bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong character of 3 bytes', [0xe0, 0x9f, 0xbf]],
    ['an overlong slash of 4 bytes', [0xf0, 0x80, 0x80, 0xaf]],
    ['an overlong character of 4 bytes', [0xf0, 0x8f, 0xbf, 0xbf]],
    ['a high surrogate', [0xed, 0xa0, 0x80]],
    ['a low surrogate', [0xed, 0xbf, 0xbf]],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte of 5', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['0xfe', [0xfe]],
    ['0xff', [0xff]],
    ['2 bytes cut off', [0xc3]],
    ['3 bytes cut off', [0xe2, 0x82]],
    ['4 bytes cut off', [0xf0, 0x9f, 0x98]],
    ['a lead byte within a character', [0xe2, 0xc3, 0xac]],
  ];
  test.each(bad)('%s is none', (_, bytes) => {
    const inString = lint(joined('["ab', bytes, '"]'));
    expect(inString).toHaveLength(1);
    expect(inString[0]).toMatchObject({ rule: 'OCI001', line: 1, column: 5, message: 'a string is not UTF-8' });
    const inKey = lint(joined('{"', bytes, '":1}'));
    expect(inKey[0]).toMatchObject({ rule: 'OCI001', line: 1, column: 3, message: 'a string is not UTF-8' });
    // The same at the end of the document: nothing is read beyond it.
    expect(lint(joined('["', bytes))[0]).toMatchObject({ rule: 'OCI001' });
  });

  test.each([
    [[0xc2, 0x80]],
    [[0xdf, 0xbf]],
    [[0xe0, 0xa0, 0x80]],
    [[0xed, 0x9f, 0xbf]],
    [[0xee, 0x80, 0x80]],
    [[0xef, 0xbf, 0xbf]],
    [[0xf0, 0x90, 0x80, 0x80]],
    [[0xf4, 0x8f, 0xbf, 0xbf]],
  ])('the ends of each range are: %j', (bytes) => {
    expect(syntax(joined('["', bytes, '"]'))).toEqual([]);
  });

  test('UTF-16 is no JSON', () => {
    expect(lint(joined([0xff, 0xfe], [0x7b, 0, 0x7d, 0]))).toHaveLength(1);
    expect(lint(joined([0, 0x7b, 0, 0x7d]))).toHaveLength(1);
  });
});

describe('what is JSON and yet no good', () => {
  test('a byte order mark is a warning, and has no column', () => {
    const findings = lint(joined([0xef, 0xbb, 0xbf], '{"ociVersion": 5}'));
    expect(findings.map(({ rule, severity, line, column }) => [rule, severity, line, column])).toEqual([
      ['OCI013', 'warning', 1, 1],
      ['OCI004', 'error', 1, 16],
    ]);
  });

  test.each(['\ufeff\ufeff{}', '{}\ufeff', '[\ufeff1]'])('a byte order mark elsewhere is an error: %j', (text) => {
    expect(lint(text).some((finding) => finding.rule === 'OCI001')).toBe(true);
  });

  test('part of a byte order mark is none', () => {
    expect(lint(joined([0xef, 0xbb]))).toMatchObject([{ rule: 'OCI001' }]);
    expect(lint(joined([0xef]))).toMatchObject([{ rule: 'OCI001' }]);
  });

  test('a NUL character is a warning at its escape', () => {
    expect(syntax('{"annotations": {\n  "a": "b\\u0000c"}}')).toMatchObject([
      { rule: 'OCI013', name: 'hidden-character', severity: 'warning', line: 2, column: 10, endColumn: 16 },
    ]);
    expect(syntax('{"\\u0000": 1}')).toMatchObject([{ rule: 'OCI013', line: 1, column: 3 }]);
  });

  const duplicates: [string, string, number][] = [
    ['{"a":1,"a":2}', '/a', 8],
    ['{"a":1,"b":2,"a":3}', '/a', 14],
    ['{"":1,"":2}', '/', 7],
    ['{"a":1,"\\u0061":2}', '/a', 8],
    ['{"\\u0061":1,"a":2}', '/a', 13],
    ['{"\\/":1,"/":2}', '/~1', 9],
    ['{"é":1,"\\u00e9":2}', '/é', 8],
    ['{"😀":1,"\\ud83d\\ude00":2}', '/😀', 9],
    ['{"\\t":1,"\\u0009":2}', '/\t', 9],
    ['{"x":{"~":1,"~":2}}', '/x/~0', 13],
  ];
  test.each(duplicates)('a key twice: %s', (text, path, column) => {
    expect(syntax(text)).toMatchObject([{ rule: 'OCI002', severity: 'error', path, line: 1, column }]);
  });

  test('a key three times is told twice', () => {
    expect(syntax('{"a":1,"a":2,"a":3}').map((finding) => finding.column)).toEqual([8, 14]);
  });

  test.each([
    '{"a":1,"A":2}',
    '{"a":1,"ab":2,"":3}',
    '{"e\\u0301":1,"é":2}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":1}}}',
  ])('other keys: %s', (text) => {
    expect(syntax(text)).toEqual([]);
  });

  test.each([12, 13, 14, 31, 32, 33, 100, 900])('a duplicate among %i keys, wherever it stands', (count) => {
    const keys = Array.from({ length: count }, (_, index) => `"k${(index * 7919) % count}"`);
    const object = (list: string[]) => `{${list.map((key) => `${key}:0`).join(',')}}`;
    expect(syntax(object(keys))).toEqual([]);
    for (const [first, second] of [
      [0, count - 1],
      [0, 1],
      [count - 2, count - 1],
      [count >> 1, (count >> 1) + 1],
    ] as const) {
      const twice = keys.with(second, keys[first] ?? '');
      const text = object(twice);
      const before = `{${twice
        .slice(0, second)
        .map((key) => `${key}:0,`)
        .join('')}`;
      expect(syntax(text)).toMatchObject([{ rule: 'OCI002', column: before.length + 1 }]);
    }
  });

  test('an escaped duplicate among many', () => {
    const keys = Array.from({ length: 40 }, (_, index) => `"key${index}":0`);
    expect(syntax(`{${keys.join(',')},"\\u006bey7":1}`)).toMatchObject([{ rule: 'OCI002', path: '/key7' }]);
  });
});

describe('lines and columns', () => {
  /** The finding about `zz`, with or without other text before it. */
  function place(before: string) {
    const finding = lint(`${before}"zz": 1}`).find((candidate) => candidate.path === '/zz');
    return [finding?.line, finding?.column, finding?.endLine, finding?.endColumn];
  }
  test.each([
    ['{', 1, 2],
    ['{\n', 2, 1],
    ['{\n\n  ', 3, 3],
    ['{\r\n\t', 2, 2],
    ['{\r', 1, 3],
    ['{"annotations": {"a": "é"}, ', 1, 29],
    ['{"annotations": {"a": "€€"}, ', 1, 30],
    ['{"annotations": {"a": "😀"}, ', 1, 30],
    ['{"annotations": {"a": "😀é\\n"},\n', 2, 1],
    ['{"annotations": {"😀":\n"😀"}, ', 2, 8],
    ['{"annotations": {"a": "\u2028"}, ', 1, 29],
  ])('after %j', (before, line, column) => {
    expect(place(before)).toEqual([line, column, line, column + 6]);
  });

  test.each([1000, 1022, 1023, 1024, 1025, 2047, 2048, 5000, 100_000])('a line of %i characters', (length) => {
    for (const character of ['x', 'é', '€', '😀']) {
      const before = `{\n"annotations": {"a": "${character.repeat(length)}"}, `;
      expect(place(before).slice(0, 2)).toEqual([2, before.length - 1]);
    }
  });

  test('findings are sorted by position', () => {
    const findings = lint('{\n"zz": 1,\n"process": {"cwd": 1},\n"aa": 1}');
    const lines = findings.map((finding) => finding.line);
    expect(lines).toEqual([...lines].sort((left, right) => left - right));
    expect(findings).toHaveLength(4);
  });

  test('a document that ends in a line break ends on its next line', () => {
    expect(lint('{\n')).toMatchObject([{ line: 2, column: 1, endLine: 2, endColumn: 1 }]);
  });
});

describe('limits', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  test.each([1, 127, 128])('%i levels are read', (depth) => {
    expect(syntax(nested(depth))).toEqual([]);
    expect(syntax(`${'{"a":'.repeat(depth - 1)}[]${'}'.repeat(depth - 1)}`)).toEqual([]);
  });
  test.each([129, 1000])('%i levels are too many', (depth) => {
    expect(lint(nested(depth))).toMatchObject([{ rule: 'OCI001', line: 1, column: 129, message: /deeper than 128/ }]);
    expect(lint('{"a":'.repeat(depth))).toMatchObject([{ rule: 'OCI001', column: 128 * 5 + 1 }]);
  });
  test('levels side by side do not add up', () => {
    expect(syntax(`[${Array.from({ length: 200 }, () => nested(100)).join(',')}]`)).toEqual([]);
  });

  test('a million values, and one more', () => {
    const numbers = (count: number) => bytesOf(`[${'1,'.repeat(count - 1)}1]`);
    expect(syntax(numbers(999_999))).toEqual([]);
    expect(lint(numbers(1_000_000))).toMatchObject([{ rule: 'OCI001', message: /more than 1000000 values/ }]);
  });

  test('16 MiB, and one byte more', () => {
    const document = (length: number) => new Uint8Array(length).fill(0x20).fill(0x30, 0, 1);
    expect(syntax(document(16 * 1024 * 1024))).toEqual([]);
    expect(lint(document(16 * 1024 * 1024 + 1))).toMatchObject([
      { rule: 'OCI001', line: 1, column: 1, message: /16777217 bytes, more than 16777216/ },
    ]);
  });

  test('a thousand findings are listed, the others counted by one more', () => {
    const unknown = (count: number) =>
      `{"ociVersion": "1.0.0", ${Array.from({ length: count }, (_, index) => `"zz${index}": 1`).join(',')}}`;
    expect(lint(unknown(1000))).toHaveLength(1000);
    const findings = lint(unknown(5000));
    expect(findings).toHaveLength(1001);
    expect(findings.at(-1)).toMatchObject({ rule: 'OCI016', name: 'too-many-findings', severity: 'warning' });
  });
});

describe('whole numbers keep their 64 bits', () => {
  const hard = (number: string) =>
    lint(`{"ociVersion": "1.0.0", "process": {"cwd": "/", "rlimits": [{"type": "X", "soft": 0, "hard": ${number}}]}}`);
  const limit = (number: string) =>
    lint(`{"ociVersion": "1.0.0", "linux": {"resources": {"memory": {"limit": ${number}}}}}`);
  const classID = (number: string) =>
    lint(`{"ociVersion": "1.0.0", "linux": {"resources": {"network": {"classID": ${number}}}}}`);
  const score = (number: string) => lint(`{"ociVersion": "1.0.0", "process": {"cwd": "/", "oomScoreAdj": ${number}}}`);

  test.each([
    ['uint64', hard, ['0', '-0', '9007199254740993', '9223372036854775808', '18446744073709551615']],
    ['int64', limit, ['-1', '-0', '9223372036854775807', '-9223372036854775808', '-9223372036854775807']],
    ['uint32', classID, ['0', '4294967295']],
    ['int32', score, ['-2147483648', '2147483647']],
  ])('%s takes', (_, read, numbers) => {
    for (const number of numbers) expect(read(number), number).toEqual([]);
  });

  const beyond = ['18446744073709551616', '18446744073709551619', '36893488147419103232', '1'.repeat(200)];
  const fractions = ['1.0', '1e3', '1E0', '0.5', '-1.0', '0e0'];
  test.each([
    ['uint64', hard, ['-1', '-18446744073709551615', ...beyond, ...fractions, '"1"', 'true', '[]', '{}']],
    ['int64', limit, ['9223372036854775808', '-9223372036854775809', '-18446744073709551616', ...beyond, ...fractions]],
    ['uint32', classID, ['4294967296', '-1', ...beyond, ...fractions]],
    ['int32', score, ['2147483648', '-2147483649', ...beyond, ...fractions]],
  ])('%s refuses', (_, read, numbers) => {
    for (const number of numbers) {
      expect(
        read(number).map((finding) => [finding.rule, finding.severity]),
        number,
      ).toEqual([['OCI004', 'error']]);
    }
  });

  test('the message has the number and its range', () => {
    expect(hard('18446744073709551616')).toMatchObject([
      { message: '18446744073709551616 is out of range', help: 'it goes from 0 to 18446744073709551615' },
    ]);
    expect(hard('1.0')[0]?.message).toBe('expected a whole number, found 1.0');
    expect(hard('1'.repeat(200))[0]?.message).toHaveLength(36 + '… is out of range'.length);
  });
});
