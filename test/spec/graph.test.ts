// The drawing of a plan: valid, the same each time, nothing on top of anything else, and nothing of a hostile config that
// is more than text.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Box, Rect, Shape, Text } from '../../src/spec/graph/drawing.ts';
import { elide, plain, widthOf } from '../../src/spec/graph/text.ts';
import { graph, layout } from '../../src/spec/graph.ts';
import type { Plan } from '../../src/spec/types.ts';
import { plan, request, V1, V2 } from '../assembly/plans.ts';
import { parseXml } from './xml.ts';

const read = (name: string): string => readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8');

/** What a launch on cgroup v2 refuses is left out. */
function everything(): string {
  const config = JSON.parse(read('configs/everything'));
  const { resources } = config.linux;
  config.linux.seccomp = undefined;
  resources.memory.swappiness = undefined;
  resources.cpu.realtimeRuntime = undefined;
  resources.cpu.realtimePeriod = undefined;
  resources.blockIO.leafWeight = undefined;
  for (const device of resources.blockIO.weightDevice) device.leafWeight = undefined;
  resources.network = undefined;
  // JavaScript has no such number.
  config.process.rlimits.length = 1;
  return JSON.stringify(config);
}

const HOSTILE = [
  '</text><script>alert(1)</script>',
  '"><image href="x" onerror="alert(1)"/>',
  ']]>&amp;<!--',
  "' onload='alert(1)",
  '\u202egnp.exe\u0000\u001b[31m',
  '/'.padEnd(3000, 'x'),
  '漢字'.repeat(80),
  '𝕎'.repeat(100),
];

/** Every text of a config that reaches a drawing is one of these. */
function hostile(): Plan {
  const config = JSON.parse(read('configs/docker'));
  const word = (index: number): string => HOSTILE[index % HOSTILE.length] as string;
  const path = (index: number): string => `/${word(index).replaceAll('\u0000', '')}`;
  config.hostname = word(0);
  config.root.path = path(1);
  config.process.args = HOSTILE.map((_, index) => word(index).replaceAll('\u0000', ''));
  config.process.env = HOSTILE.map((_, index) => `${word(index).replaceAll('\u0000', '').replaceAll('=', '')}=x`);
  config.process.cwd = path(3);
  config.process.apparmorProfile = 'p'.repeat(400);
  config.mounts = HOSTILE.flatMap((_, index) => [
    { destination: path(index), source: path(index + 1), options: ['rbind'] },
    {
      destination: `${path(index)}/below`,
      type: 'tmpfs',
      source: 'x',
      options: [word(index).replaceAll('\u0000', '')],
    },
  ]);
  config.linux.maskedPaths = HOSTILE.map((_, index) => path(index));
  config.linux.readonlyPaths = HOSTILE.map((_, index) => path(index));
  config.linux.sysctl = { 'net.ipv4.ip_forward': word(0) };
  config.linux.namespaces = [
    { type: 'mount' },
    { type: 'uts' },
    ...['network', 'ipc', 'pid'].map((type, index) => ({ type, path: path(index) })),
  ];
  config.linux.cgroupsPath = path(0);
  config.linux.devices = HOSTILE.map((_, index) => ({ path: path(index), type: 'c', major: 1, minor: index }));
  config.hooks = {
    prestart: HOSTILE.map((_, index) => ({ path: path(index), args: [word(index).replaceAll('\u0000', '')] })),
  };
  config.linux.netDevices = undefined;
  return plan(JSON.stringify(config), request(V2, { id: HOSTILE[0] as string, ignoreUnsupported: true }));
}

const of = (config: string, cgroup = V2): Plan => plan(config, request(cgroup, { ignoreUnsupported: true }));

const PLANS: Record<string, Plan> = {
  runc: of(read('configs/runc')),
  crun: of(read('configs/crun')),
  docker: of(read('configs/docker'), V1),
  minimal: of(read('rules/minimal')),
  hardened: of(read('rules/hardened')),
  everything: of(everything()),
  hostile: hostile(),
};

function flat(shapes: readonly Shape[]): Exclude<Shape, { kind: 'group' }>[] {
  return shapes.flatMap((shape) => (shape.kind === 'group' ? flat(shape.shapes) : [shape]));
}

const right = ({ x, width }: Box): number => x + width;
const bottom = ({ y, height }: Box): number => y + height;

function overlap(one: Box, other: Box): boolean {
  return one.x < right(other) && other.x < right(one) && one.y < bottom(other) && other.y < bottom(one);
}

function isInside(inner: Box, outer: Box): boolean {
  const slack = 0.5;
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    right(inner) <= right(outer) + slack &&
    bottom(inner) <= bottom(outer) + slack
  );
}

describe.each(Object.entries(PLANS))('the drawing of %s', (_, drawn) => {
  const sheet = layout(drawn, 1280);
  const shapes = flat(sheet.shapes);
  const texts = shapes.filter((shape): shape is Text => shape.kind === 'text');
  const rects = shapes.filter((shape): shape is Rect => shape.kind === 'rect');
  const cards = rects.filter(({ role }) => role === 'card');
  const page = rects.find(({ role }) => role === 'page') as Rect;
  const svg = graph(drawn);

  it('is valid XML, and only of what a drawing is made of', () => {
    const elements = parseXml(svg);
    const names = new Set(elements.map(({ name }) => name));
    const known = ['svg', 'title', 'desc', 'style', 'g', 'rect', 'text', 'polyline'];
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
    const attributes = new Set(elements.flatMap((element) => Object.keys(element.attributes)));
    expect([...attributes].filter((name) => /^on|href|src/i.test(name))).toEqual([]);
  });

  it('has a title, a description, and text that is text', () => {
    const elements = parseXml(svg);
    const [root, title, desc] = elements;
    expect(root?.attributes['aria-labelledby']).toBe(title?.attributes.id);
    expect(root?.attributes['aria-describedby']).toBe(desc?.attributes.id);
    expect([title?.name, desc?.name]).toEqual(['title', 'desc']);
    expect(elements.filter(({ name }) => name === 'text')).toHaveLength(texts.length);
  });

  it('has no text on another', () => {
    for (const [index, text] of texts.entries()) {
      const under = texts.slice(index + 1).find((other) => overlap(text, other));
      expect(under && [text.text, under.text]).toBeUndefined();
    }
  });

  it('has no card on another, and all of them on the page', () => {
    for (const [index, card] of cards.entries()) {
      expect(cards.slice(index + 1).filter((other) => overlap(card, other))).toEqual([]);
      expect(isInside(card, page)).toBe(true);
    }
  });

  it('keeps text within its chip, tile and card', () => {
    for (const rect of rects.filter(({ role }) => role !== 'page' && !role.startsWith('bar-'))) {
      const middle = (text: Text): [number, number] => [text.x + text.width / 2, text.y + text.height / 2];
      for (const text of texts) {
        const [x, y] = middle(text);
        const isIn = x > rect.x && x < right(rect) && y > rect.y && y < bottom(rect);
        if (isIn) expect(isInside(text, rect) || text.text).toBe(true);
      }
    }
    for (const text of texts) expect(isInside(text, page) || text.text).toBe(true);
  });

  it('tells all of what it shortens', () => {
    for (const { text, full, width, style } of texts) {
      expect(widthOf(text, style)).toBe(width);
      if (text.includes('…') && !full) expect(text).toBe('');
    }
  });

  it('is the same each time', () => {
    expect(graph(drawn)).toBe(svg);
  });
});

it('shows a hostile config as the text that it is', () => {
  const svg = graph(PLANS.hostile as Plan);
  expect(svg).not.toContain('<script');
  expect(svg).not.toContain('<image');
  expect(svg).not.toMatch(/\p{Cc}(?<!\n)/u);
  expect(svg).not.toContain('\u202e');
  expect(svg).toContain('&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
});

it('has what a reviewer looks for', () => {
  const words = flat(layout(PLANS.docker as Plan, 1280).shapes).flatMap((shape) =>
    shape.kind === 'text' ? [shape.text] : [],
  );
  for (const word of ['512 MiB', '1.5 CPUs', 'NET_RAW', 'docker-default', '/etc/resolv.conf', 'network', 'ptrace'])
    expect(words.some((text) => text.includes(word)) || word).toBe(true);
});

it('takes another width and prefix, and no markup as one', () => {
  const narrow = layout(PLANS.runc as Plan, 100);
  expect(narrow.width).toBe(960);
  expect(graph(PLANS.runc as Plan, { prefix: 'left' })).toContain('id="left-title"');
  expect(() => graph(PLANS.runc as Plan, { prefix: '"><script>' })).toThrow('letters');
});

describe('text', () => {
  it.each([
    ['/short', '/short'],
    ['/a/very/long/path/that/does/not/fit/resolv.conf', '/a/ver…solv.conf'],
  ])('%s', (whole, shown) => {
    expect(elide(whole, 'code', 130)).toBe(shown);
  });

  it('is cut between characters, not within', () => {
    expect(elide('𝕎'.repeat(50), 'code', 100)).toMatch(/^𝕎+…𝕎+$/u);
    expect(elide('x'.repeat(50), 'code', 1)).toBe('…');
  });

  it('has no characters that do not show', () => {
    expect(plain('a\u0000b\u202ec\ud800d\ne')).toBe('a\ufffdb\ufffdc\ufffdd e');
  });
});
