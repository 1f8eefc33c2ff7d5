import { describe, expect, test } from 'vitest';
import { type CgroupFacts, OrlopError, type Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { open, request, V1, V2 } from './plans.ts';

const CONFIGS = ['runc', 'crun', 'docker', 'everything'] as const;
const HOSTS: [string, CgroupFacts][] = [
  ['v1', V1],
  ['v2', V2],
];
const cases = CONFIGS.flatMap((config) =>
  HOSTS.map(([host, cgroup]) => [config, host, request(cgroup, { ignoreUnsupported: true })] as const),
);

/** The image of a config, or undefined where it asks for what this version of cgroups has not. */
function image(config: string, asked: Request) {
  const document = open(fixture(config));
  try {
    return { plan: document.plan(asked), image: document.image(), rows: document.rows() };
  } catch (error) {
    if (config === 'everything' && error instanceof OrlopError && error.code === 'spec/invalid') return undefined;
    throw error;
  }
}

/** elf.h */
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
  align: number;
}

function segments(bytes: Uint8Array): Segment[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = Number(view.getBigUint64(32, true));
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = start + index * view.getUint16(54, true);
    const word = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: word(8),
      address: word(16),
      fileSize: word(32),
      memorySize: word(40),
      align: word(48),
    };
  });
}

describe.each(cases)('%s on cgroup %s', (config, _, asked) => {
  test('the same request gives the same bytes, in any instance', () => {
    const first = image(config, asked);
    const second = image(config, asked);
    expect(second?.image).toEqual(first?.image);
    expect(second?.plan).toEqual(first?.plan);
    expect(second?.rows).toEqual(first?.rows);
  });

  test('a static executable for 64 bits', () => {
    const bytes = image(config, asked)?.image;
    if (!bytes) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expect([...bytes.subarray(0, 8)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
    expect(view.getUint16(16, true), 'ET_EXEC').toBe(2);
    expect(view.getUint16(18, true), 'EM_X86_64').toBe(62);
    expect(view.getUint16(60, true), 'sections').toBe(0);
    const all = segments(bytes);
    expect(all.map(({ type, flags }) => [type, flags])).toEqual([
      [PT_LOAD, PF_R | PF_X],
      [PT_LOAD, PF_R],
      ...(fixture(config).includes('"seccomp"') ? [[PT_LOAD, PF_R]] : []),
      [PT_LOAD, PF_R | PF_W],
      [PT_GNU_STACK, PF_R | PF_W],
    ]);
    const entry = Number(view.getBigUint64(24, true));
    const code = all[0] as Segment;
    expect(entry).toBeGreaterThanOrEqual(code.address);
    expect(entry).toBeLessThan(code.address + code.fileSize);
  });

  test('segments lie in the file, and apart from each other in memory', () => {
    const bytes = image(config, asked)?.image;
    if (!bytes) return;
    const loaded = segments(bytes).filter(({ type }) => type === PT_LOAD);
    let end = 0;
    for (const segment of loaded) {
      expect(segment.flags & (PF_W | PF_X), 'writable and executable').not.toBe(PF_W | PF_X);
      expect(segment.offset + segment.fileSize).toBeLessThanOrEqual(bytes.length);
      expect(segment.memorySize).toBeGreaterThanOrEqual(segment.fileSize);
      expect(segment.offset % segment.align).toBe(segment.address % segment.align);
      expect(segment.address).toBeGreaterThanOrEqual(end);
      end = segment.address + segment.memorySize;
      // One page never has the rights of two segments.
      end = Math.ceil(end / segment.align) * segment.align;
    }
    expect(bytes.length).toBeLessThan(128 * 1024);
  });

  test('every row is listed once, and those of a step name it', () => {
    const result = image(config, asked);
    if (!result) return;
    const { rows, plan } = result;
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, index) => index));
    for (const { text, step } of rows) {
      expect(text).not.toBe('');
      // Of the host's steps only hooks have rows: the question for them.
      if (step !== undefined && plan.steps[step]?.verb !== 'hook') expect(plan.steps[step]?.by).not.toBe('host');
    }
    const rowsSegment = segments(result.image)[1];
    expect(rowsSegment?.fileSize).toBe(rows.length * 64);
  });
});

test('an image is the same whatever was asked before', () => {
  const asked = request(V1, { ignoreUnsupported: true });
  const planned = open(fixture('crun'));
  planned.plan(asked);
  const expected = planned.image('/root');
  const prepared = open(fixture('crun'));
  prepared.plan(request(V2, { ignoreUnsupported: true }));
  prepared.image('/home');
  prepared.prepare(asked);
  expect(prepared.image('/root')).toEqual(expected);
  expect(prepared.image('/root')).toEqual(expected);
});

test('the environment gets a HOME where it has none', () => {
  const document = open(fixture('runc'));
  const { home } = document.plan(request(V1));
  expect(home).toBe(0);
  const holds = (text: string) => Buffer.from(document.image(text)).includes('HOME=/home/somebody\0');
  expect(holds('/home/somebody')).toBe(true);
  expect(holds('')).toBe(false);
});

test('there is no image of a config that has errors, or before a plan', () => {
  expect(() => open(fixture('runc')).image()).toThrow(expect.objectContaining({ code: 'usage/invalid' }));
  const document = open('{}');
  expect(() => document.plan(request(V1))).toThrow(expect.objectContaining({ code: 'spec/invalid' }));
  expect(() => document.image()).toThrow(expect.objectContaining({ code: 'usage/invalid' }));
  expect(() => document.rows()).toThrow(expect.objectContaining({ code: 'usage/invalid' }));
});

test('a failed row is explained by the line that asked for it', () => {
  const document = open(fixture('runc'));
  const plan = document.plan(request(V1));
  document.image();
  const mount = plan.steps.findIndex(({ path }) => path === '/mounts/4');
  const row = document.rows().find(({ step, text }) => step === mount && text.startsWith('fsopen'));
  expect(row).toBeDefined();
  expect(document.failure(row?.row ?? -1, 19, new Uint8Array())).toMatchObject({
    path: '/mounts/4',
    line: plan.steps[mount]?.line,
    errno: 19,
    message: expect.stringContaining('mqueue'),
  });
});

test.each([-1, 100_000, 2 ** 31 - 1])('the failure of row %i, which does not exist, is still an answer', (row) => {
  const document = open(fixture('runc'));
  document.plan(request(V1));
  document.image();
  expect(document.failure(row, 9999, new TextEncoder().encode('log')).message).not.toBe('');
});
