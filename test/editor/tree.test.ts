import { describe, expect, test } from 'vitest';
import { repair } from '../../src/editor/repair.ts';
import { type Node, parseTree, pointerOf, stepsOf } from '../../src/editor/tree.ts';
import { fixture } from '../assembly/module.ts';
import { values } from '../assembly/values.ts';

/** The document as it is understood: what is missing is undefined. */
function read(node: Node | undefined): unknown {
  if (!node) return undefined;
  if (node.kind === 'object') return Object.fromEntries(node.children.map((child) => [child.key?.text, read(child)]));
  if (node.kind === 'array') return node.children.map(read);
  if (node.kind === 'missing') return undefined;
  return node.kind === 'string' ? node.text : JSON.parse(node.text);
}

const understood = (text: string): unknown => read(parseTree(text).root);

function all(node: Node): Node[] {
  return [node, ...node.children.flatMap(all)];
}

describe('of JSON the tree is the document', () => {
  test.each(['runc', 'crun', 'docker', 'everything'])('%s', (name) => {
    const text = fixture(name);
    const { root } = parseTree(text);
    const places = all(root as Node).map((node) => [pointerOf(stepsOf(node)), node.start, node.end]);
    expect(places).toEqual(values(text).map(({ pointer, start, end }) => [pointer, start, end]));
    for (const compact of [
      JSON.stringify(JSON.parse(text)),
      text.replaceAll(/^ +/gm, ''),
      text.replaceAll('\n', '\r\n'),
    ])
      expect(understood(compact)).toEqual(JSON.parse(compact));
  });

  test.each([
    '{}',
    '[]',
    '""',
    '0',
    'null',
    '[[],{}]',
    '{"":""}',
    '{"a\\"b\\u00e9":"\\\\"}',
    '{"é😀":"日本語"}',
    '[true,false,null,-1.5e3]',
  ])('%s', (text) => expect(understood(text)).toEqual(JSON.parse(text)));
});

describe('what is being written costs nothing but itself', () => {
  const rest = { linux: { namespaces: [] } };
  test.each([
    ['a key without its end', '{\n  "pro\n  "linux": {"namespaces": []}\n}', { pro: undefined, ...rest }],
    ['a key without a colon', '{\n  "process"\n  "linux": {"namespaces": []}\n}', { process: undefined, ...rest }],
    ['a key without a value', '{\n  "process":\n  "linux": {"namespaces": []}\n}', { process: undefined, ...rest }],
    ['and with a comma', '{"process":, "linux": {"namespaces": []}}', { process: undefined, ...rest }],
    ['a value without its end', '{\n  "hostname": "ab\n  "linux": {"namespaces": []}\n}', { hostname: 'ab', ...rest }],
    ['no comma', '{"hostname": "ab" "linux": {"namespaces": []}}', { hostname: 'ab', ...rest }],
    ['a comma too much', '{"hostname": "ab",, "linux": {"namespaces": [],},}', { hostname: 'ab', ...rest }],
    ['a key without quotes', '{\n  pro\n  "linux": {"namespaces": []}\n}', rest],
    [
      'an array without its end',
      '{\n  "mounts": [{}, {\n  "linux": {"namespaces": []}\n}',
      { mounts: [{}, {}], ...rest },
    ],
    [
      'and of words',
      '{"process": {"args": ["sh", "cwd": "/"}, "linux": {"namespaces": []}}',
      { process: { args: ['sh'], cwd: '/' }, ...rest },
    ],
    [
      'an object without its end',
      '{\n  "process": {\n    "cwd": "/",\n  "linux": {"namespaces": []}\n}',
      { process: { cwd: '/' }, ...rest },
    ],
    [
      'one of two',
      '{\n  "process": {\n    "user": {\n  },\n  "linux": {"namespaces": []}\n}',
      { process: { user: {} }, ...rest },
    ],
    ['a bracket too much', '{"hostname": "ab"], "linux": {"namespaces": []}}', { hostname: 'ab', ...rest }],
    ['the end', '{"hostname": "ab", "linux": {"namespaces": [', { hostname: 'ab', ...rest }],
    ['something behind it', '{"linux": {"namespaces": []}} }, "x"', rest],
  ])('%s', (_name, text, expected) => expect(understood(text)).toEqual(expected));

  test('nothing at all', () => {
    for (const text of ['', ' \n', '\uFEFF']) expect(parseTree(text).root).toBeUndefined();
  });

  test('depth costs no stack', () => {
    const text = '['.repeat(200_000);
    let depth = 0;
    for (let node = parseTree(text).root; node; node = node.children[0]) depth++;
    expect(depth).toBe(200_000);
    expect(() => repair(parseTree(text))).not.toThrow();
  });
});

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? '0');
    return true;
  } catch {
    return false;
  }
}

describe('a repaired document', () => {
  const texts = ['everything', 'runc'].map((name) => fixture(name));

  test('is JSON wherever the text is cut, and has all that was there', () => {
    for (const text of texts) {
      for (let end = 1; end < text.length; end += 13) {
        const repaired = repair(parseTree(text.slice(0, end)));
        expect(() => JSON.parse(repaired?.text ?? '0'), text.slice(0, end).slice(-80)).not.toThrow();
      }
      const [whole, part] = [text, text.slice(0, -20)].map((one) => JSON.parse(repair(parseTree(one))?.text ?? '0'));
      expect(whole).toEqual(JSON.parse(text));
      expect(part.process).toEqual(whole.process);
    }
  });

  test('is JSON whatever is taken out or put in', () => {
    const broken: string[] = [];
    for (const text of texts) {
      for (let at = 1; at < text.length; at += 61) {
        for (const middle of ['', '"', '{', '}', '[', ']', ',', ':', '\\', 'x', '\n', '"\\']) {
          const typed = text.slice(0, at) + middle + text.slice(at + 1);
          if (!isJson(repair(parseTree(typed))?.text)) broken.push(typed);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  test('tells where its parts come from', () => {
    const text = '{\n  "a": "é😀",\n  "b":\n  "c": [1, tru, {"d": 2}';
    const { text: compact, original, unfinished } = repair(parseTree(text)) ?? {};
    expect(compact).toBe('{"a":"é😀","c":[1,"",{"d":2}]}');
    for (const part of ['"a"', '"é😀"', '"c"', '1', '{', '"d"', '2']) {
      const at = original?.(compact?.indexOf(part) ?? -1);
      expect(at, part).toBe(text.indexOf(part));
    }
    expect([...(unfinished ?? [])].sort()).toEqual(['', '/c']);
  });
});
