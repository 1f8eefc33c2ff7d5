import { describe, expect, test } from 'vitest';
import { fix, lint, linter } from './linting.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const START = '"ociVersion":"1.2.0","root":{"path":"rootfs"}';
const PROCESS = '"process":{"user":{"uid":0,"gid":0},"args":["/bin/sh"],"cwd":"/"}';
const LINUX = '"linux":{"namespaces":[{"type":"mount"}]}';

/** The text between two that stay as they are. */
function fixed(part: string, before = `{${START},${PROCESS},`, after = `,${LINUX}}`, unsafe = true): string {
  const result = fix(before + part + after, { unsafe });
  expect(result.startsWith(before) && result.endsWith(after), result).toBe(true);
  JSON.parse(result);
  return result.slice(before.length, result.length - after.length);
}

describe('what is added looks like its neighbours', () => {
  test('on one line', () => {
    expect(fixed('"mounts":[{"destination":"/a","type":"bind","source":"/b","options":["ro","nosuid"]}]')).toBe(
      '"mounts":[{"destination":"/a","type":"bind","source":"/b","options":["ro","nosuid","rbind"]}]',
    );
    expect(fixed('"mounts": [ { "destination": "/a", "type": "bind", "source": "/b" } ]')).toBe(
      '"mounts": [ { "destination": "/a", "type": "bind", "source": "/b", "options": ["rbind"] } ]',
    );
  });

  test('on lines of their own, with their indentation', () => {
    const mount = (options: string) =>
      `"mounts": [\n\t{\n\t\t"destination" : "/a",\n\t\t"type" : "bind",\n\t\t"source" : "/b"${options}\n\t}\n]`;
    expect(fixed(mount(''))).toBe(mount(',\n\t\t"options" : ["rbind"]'));
    expect(fixed(mount(',\n\t\t"options" : [\n\t\t\t"ro"\n\t\t]'))).toBe(
      mount(',\n\t\t"options" : [\n\t\t\t"ro",\n\t\t\t"rbind"\n\t\t]'),
    );
  });

  test('with the line ends of Windows', () => {
    const mount = (options: string) =>
      `"mounts": [\r\n  {\r\n    "destination": "/a", "type": "bind",\r\n    "source": "/b"${options}\r\n  }\r\n]`;
    expect(fixed(mount(''))).toBe(mount(',\r\n    "options": ["rbind"]'));
  });

  test('in an empty list', () => {
    expect(fixed('"mounts":[{"destination":"/a","type":"bind","source":"/b","options":[]}]')).toBe(
      '"mounts":[{"destination":"/a","type":"bind","source":"/b","options":["rbind"]}]',
    );
    expect(fixed('"mounts":[{"destination":"/a","type":"bind","source":"/b","options":[ \n ]}]')).toBe(
      '"mounts":[{"destination":"/a","type":"bind","source":"/b","options":["rbind"]}]',
    );
  });

  test('as a list with an item a line', () => {
    const before = `{\n  ${START},\n  ${PROCESS},\n  "linux": {\n    "namespaces": [{"type":"mount"}]`;
    const result = fix(`${before}\n  }\n}`, { preset: 'none', rules: { OCI914: 'warn' }, unsafe: true });
    const paths = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `\n      "/proc/${name}"`);
    expect(result).toBe(`${before},\n    "readonlyPaths": [${paths.join()}\n    ]\n  }\n}`);
  });
});

describe('what is removed takes its comma along', () => {
  test.each([
    ['"memory":{"kernel":1}', '"memory":{}'],
    ['"memory":{"kernel":1,"limit":9999999}', '"memory":{"limit":9999999}'],
    ['"memory":{"limit":9999999,"kernel":1}', '"memory":{"limit":9999999}'],
    ['"memory":{"limit":9999999, "kernel":1 ,"kernelTCP":2 }', '"memory":{"limit":9999999 }'],
    ['"memory":{ "kernel":1 ,"kernelTCP":2 }', '"memory":{}'],
    ['"memory":{\n  "kernel": 1,\n  "limit": 9999999\n}', '"memory":{\n  "limit": 9999999\n}'],
  ])('%s', (before, after) => {
    const [start, end] = [`{${START},${PROCESS},"linux":{"resources":{`, '},"namespaces":[{"type":"mount"}]}}'];
    expect(fixed(before, start, end, false)).toBe(after);
  });

  test('of several in one list', () => {
    const sets = (ambient: string) =>
      `"capabilities":{"bounding":["CAP_KILL","CAP_CHOWN"],"permitted":["CAP_KILL","CAP_CHOWN"],"inheritable":["CAP_CHOWN"],"ambient":${ambient}}`;
    const [start, end] = [`{${START},"process":{"user":{"uid":0,"gid":0},"args":["/bin/sh"],"cwd":"/",`, `},${LINUX}}`];
    expect(fixed(sets('[ "CAP_KILL", "CAP_CHOWN" ]'), start, end)).toBe(sets('[ "CAP_CHOWN" ]'));
    expect(fixed(sets('["CAP_CHOWN","CAP_KILL"]'), start, end)).toBe(sets('["CAP_CHOWN"]'));
    expect(fixed(sets('["CAP_KILL","CAP_KILL","CAP_CHOWN","CAP_KILL"]'), start, end)).toBe(sets('["CAP_CHOWN"]'));
    expect(fixed(sets('["CAP_KILL"]'), start, end)).toBe(sets('[]'));
  });
});

test('bytes outside of edits stay: escapes, spaces, numbers, other scripts', () => {
  const odd = '"hostname" :\t"\\u00e9\u{1f6a2}\\/",\r\n "annotations":{ "a.b":"\\n é", "c.d" :"" } ';
  const linux =
    '"linux":{"namespaces":[{"type":"mount"},{"type":"uts"}],"resources":{"memory":{"limit":1000000000000,"kernel":1}}}';
  const text = `{${START},${PROCESS},${odd},${linux}}\n\n`;
  expect(fix(text)).toBe(text.replace(',"kernel":1', ''));
});

test('a byte order mark goes, and with it nothing else', () => {
  const text = `{${START},${PROCESS},${LINUX}}`;
  expect(fix(`\ufeff${text}`)).toBe(text);
});

test('what cannot be parsed stays as it is', () => {
  for (const text of ['', '{', '{"a":1,}', '[]', 'null', '\ufeff{"a":', `{${START}`])
    expect(fix(text, { unsafe: true })).toBe(text);
});

test('fixes that touch take turns, until none is left', () => {
  const options = ['ro', 'rw', 'ro', 'rw', 'ro'].map((option) => `"${option}"`).join();
  expect(fixed(`"mounts":[{"destination":"/a","type":"tmpfs","options":[${options}]}]`)).toBe(
    '"mounts":[{"destination":"/a","type":"tmpfs","options":["ro"]}]',
  );
  const many = Array.from({ length: 3000 }, (_, index) => `"k${index}=1"`).join();
  expect(fixed(`"mounts":[{"destination":"/a","source":"/b","type":"bind","options":["rbind",${many}]}]`)).toBe(
    '"mounts":[{"destination":"/a","source":"/b","type":"bind","options":["rbind"]}]',
  );
});

test('a mount that hides others moves before them', () => {
  const mount = (path: string) => `{"destination":"${path}","type":"tmpfs","source":"tmpfs"}`;
  const list = (...paths: string[]) => `"mounts":[${paths.map(mount).join(', ')}]`;
  expect(fixed(list('/a/b', '/a/c', '/x', '/a'))).toBe(list('/a', '/a/b', '/a/c', '/x'));
  expect(fixed(list('/a/b/c', '/a/b', '/a'))).toBe(list('/a', '/a/b', '/a/b/c'));
});

test('safe fixes alone without being asked', () => {
  const part = '"hostname":"one","mounts":[{"destination":"a","type":"tmpfs","options":["nosiud"]}]';
  const linux = (rest: string) => `,"linux":{"namespaces":[{"type":"mount"}${rest}]}}`;
  const before = `{${START},${PROCESS},`;
  const safe = part.replace('"a"', '"/a"');
  expect(fix(before + part + linux(''))).toBe(before + safe + linux(', { "type": "uts" }'));
  expect(fix(before + part + linux(''), { unsafe: true })).toBe(
    before + safe.replace('nosiud', 'nosuid') + linux(', { "type": "uts" }'),
  );
});

test('the edits of a finding make what fix() makes', () => {
  const text = `{${START},${PROCESS},"mounts":[{"destination":"/é","type":"bind","source":"/b","options":["ro"]}],${LINUX}}`;
  const [finding] = lint(text);
  const bytes = encode(text);
  const edit = finding?.fix?.edits[0];
  if (!edit) throw new Error('no edit');
  const decoder = new TextDecoder();
  const made = decoder.decode(bytes.slice(0, edit.start)) + edit.text + decoder.decode(bytes.slice(edit.end));
  expect(made).toBe(fix(text));
  // Columns count UTF-16 code units, as editors do.
  expect(text.slice(0, edit.column - 1) + edit.text + text.slice(edit.endColumn - 1)).toBe(made);
  expect(linter.fix(bytes).fixes).toBe(1);
});
