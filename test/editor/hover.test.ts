import { expect, test } from 'vitest';
import { SPEC } from '../../src/editor/fields/index.ts';
import { hover } from '../../src/editor/hover.ts';
import { outline, type Section } from '../../src/editor/outline.ts';
import { parseTree } from '../../src/editor/tree.ts';
import { fixture } from '../assembly/module.ts';
import { values } from '../assembly/values.ts';
import { assistant, hoverAt } from './editing.ts';

const everything = fixture('everything');

test('every field has its words and a link, at its key', () => {
  const tree = parseTree(everything);
  const told = new Set<string>();
  for (const { memberStart, start } of values(everything)) {
    if (memberStart === start) continue;
    const found = hover(assistant, tree, memberStart + 1);
    const [, pattern] = /^\*\*(\/[^*]+(?:\*\/[^*]+)*)\*\* · /m.exec(found?.text ?? '') ?? [];
    if (pattern === undefined) continue;
    told.add(pattern);
    expect(found?.text).toContain(SPEC[pattern]?.about);
    expect(found?.text).toMatch(/\(https:\/\/github\.com\/opencontainers\/runtime-spec\/blob\/v1\.3\.0\/config/);
    expect(everything.slice(found?.start, found?.end)).toBe(`"${pattern.slice(pattern.lastIndexOf('/') + 1)}"`);
  }
  expect([...told].sort()).toEqual(Object.keys(SPEC).sort());
});

test.each([
  ['{"process": {"capabilities": {"bounding": ["CAP_SYS_|ADMIN"]}}}', '**CAP_SYS_ADMIN**: Mount, join namespaces'],
  ['{"mounts": [{"options": ["nos|uid"]}]}', '**nosuid**: Setuid bits'],
  ['{"mounts": [{"type": "tmpfs", "options": ["size=64m|"]}]}', '**size=64m**'],
  ['{"linux": {"seccomp": {"defaultAction": "|SCMP_ACT_ERRNO"}}}', '**SCMP_ACT_ERRNO**: Fails'],
  ['{"linux": {"namespaces": [{"type": "user|"}]}}', '**user**: Users, groups'],
  ['{"linux": {"seccomp": {"syscalls": [{"names": ["rea|d"]}]}}}', '**read**'],
  ['{"linux": {"devices": [{"fileMode": 43|8}]}}', '438 is `0666` in octal'],
  ['{"process": {"user": {"umask": |18}}}', '18 is `022` in octal'],
  ['{"linux": {"resources": {"memory": {"limit": 536870912|}}}}', '536870912 is 512 MiB'],
  ['{"linux": {"sysctl": {"net.core.so|maxconn": "1"}}}', '**net.core.somaxconn**: Connections'],
  ['{"process": {"cwd": "|', '/process/cwd'],
])('%s', (marked, expected) => expect(hoverAt(marked)?.text).toContain(expected));

test.each(['|{}', '{|}', '{"zz|z": 1}', '{"process": {"args": ["s|h"]}}', '{"annotations": {"a|": "b"}}', '|'])(
  '%s says nothing',
  (marked) => expect(hoverAt(marked)).toBeUndefined(),
);

function lines(sections: Section[], indent = ''): string[] {
  return sections.flatMap(({ name, detail, children }) => [
    `${indent}${name}${detail ? `: ${detail}` : ''}`,
    ...lines(children, `${indent}  `),
  ]);
}

test('the outline names parts by what tells them apart', () => {
  const sections = outline(parseTree(everything));
  const text = lines(sections).join('\n');
  for (const line of [
    'ociVersion: 1.3.0',
    '  /data\n',
    '    type: RLIMIT_NOFILE',
    '  args: sh -c echo hello',
    '      read, write, execve, …',
  ])
    expect(text).toContain(line);
  const within = ({ start, end, selection, children }: Section): void => {
    expect(start).toBeLessThanOrEqual(selection.start);
    expect(end).toBeGreaterThanOrEqual(selection.end);
    for (const child of children) {
      expect(child.start).toBeGreaterThanOrEqual(start);
      expect(child.end).toBeLessThanOrEqual(end);
      within(child);
    }
  };
  for (const section of sections) within(section);
});

test('an outline of what is not JSON is that of its parts', () => {
  expect(lines(outline(parseTree('{"root": {"path": "a",\n"mounts": [{"type": "proc", "options": ["ro"')))).toEqual([
    'root',
    '  path: a',
    'mounts',
    '  proc',
    '    type: proc',
    '    options: ro',
  ]);
  expect(outline(parseTree(''))).toEqual([]);
});
