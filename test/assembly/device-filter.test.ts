import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/spec/index.ts';
import { type DeviceRequest, mayUse } from './bpf-machine.ts';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1, V2 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [], '/linux/cgroupsPath': '/box' });

interface Rule {
  allow: boolean;
  type?: string | undefined;
  major?: number;
  minor?: number;
  access?: string;
}

const config = (devices: Rule[]): string => changed(runc, { '/linux/resources': { devices } });

function filterOf(text: string): Uint8Array {
  const document = open(text);
  const index = document.plan(request(V2)).steps.findIndex(({ verb }) => verb === 'device-filter');
  return document.filter(index);
}

const ask = (words: string): DeviceRequest => {
  const [, type, major, minor, access] = /^([bc]) (\d+):(\d+) (\w+)$/.exec(words) as unknown as string[];
  return { type: type as 'b' | 'c', major: Number(major), minor: Number(minor), access: access as string };
};

/** The writes of version 1, and the rules of version 2: the same list. */
const listOf = ({ steps }: Plan): string[] => [
  ...steps
    .filter(({ file }) => String(file).startsWith('devices.'))
    .map(({ file, value }) => `${String(file).replace('devices.', '')} ${value}`),
  ...steps.flatMap(({ rules }) => (rules as string[] | undefined) ?? []),
];

describe('the defaults', () => {
  const filter = filterOf(changed(runc, { '/linux/resources': undefined }));

  test.each(['c 1:3 rwm', 'c 1:8 r', 'c 5:2 rw', 'c 136:77 rw', 'c 10:229 m', 'b 8:0 m'])('allow %s', (words) => {
    expect(mayUse(filter, ask(words))).toBe(true);
  });

  test.each(['c 1:1 r', 'c 10:229 rw', 'b 8:0 r', 'c 5:1 w', 'b 1:3 rw', 'c 4:1 rm'])('forbid %s', (words) => {
    expect(mayUse(filter, ask(words))).toBe(false);
  });
});

describe('the list', () => {
  const lists = (devices: Rule[]) => [V1, V2].map((cgroup) => listOf(plan(config(devices), request(cgroup))));

  test('is one for both versions: what a rule gives twice it gives once', () => {
    const devices = [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'r' },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'w' },
    ];
    const [first, second] = lists(devices);
    expect(first).toEqual(second);
    expect(first?.slice(0, 4)).toEqual(['deny a', 'allow c 10:229 rw', 'allow c 1:3 rwm', 'allow c *:* m']);
    expect(first).toHaveLength(12);
  });

  test('a rule takes away what it covers', () => {
    const devices = [
      { allow: true, type: 'b', major: 8, minor: 1, access: 'rw' },
      { allow: true, type: 'b', major: 9, minor: 1, access: 'rw' },
      { allow: false, type: 'b', major: 8, access: 'w' },
      { allow: false, type: 'b', major: 9, access: 'rwm' },
    ];
    for (const list of lists(devices))
      expect(list.filter((rule) => rule.includes(' b '))).toEqual(['allow b 8:1 r', 'allow b *:* m']);
  });

  test('of one who may use everything has what it denies itself', () => {
    const devices = [
      { allow: true, type: 'a' },
      { allow: false, type: 'b', major: 8, access: 'w' },
    ];
    for (const list of lists(devices)) expect(list).toEqual(['allow a', 'deny b 8:* w']);
    const filter = filterOf(config(devices));
    expect(mayUse(filter, ask('b 8:3 rw'))).toBe(false);
    expect(mayUse(filter, ask('b 8:3 r'))).toBe(true);
    expect(mayUse(filter, ask('b 9:3 rw'))).toBe(true);
  });

  test.each<[Rule, Rule]>([
    [
      { allow: true, type: 'c', major: 1 },
      { allow: false, type: 'c', major: 1, minor: 5 },
    ],
    [
      { allow: true, type: 'c', major: 1 },
      { allow: false, type: 'c', minor: 5, access: 'r' },
    ],
    [
      { allow: true, type: 'b', access: 'rw' },
      { allow: false, type: 'b', major: 8, access: 'w' },
    ],
  ])('%j has no hole for %j', (wide, narrow) => {
    for (const cgroup of [V1, V2]) {
      expect(findings(config([wide, narrow]), request(cgroup))).toMatchObject([
        { rule: 'OCI412', path: '/linux/resources/devices/1', message: expect.stringMatching(/is part of/) },
      ]);
    }
  });

  test.each([4294967296, -2])('has no device %i', (major) => {
    const all = findings(config([{ allow: true, type: 'c', major, minor: 1 }]), request(V2));
    expect(all).toMatchObject([{ path: '/linux/resources/devices/0/major', severity: 'error' }]);
  });

  test('numbers beyond 2^31 stay what they are', () => {
    const filter = filterOf(config([{ allow: true, type: 'c', major: 4294967295, minor: 2147483648 }]));
    expect(mayUse(filter, { type: 'c', major: 4294967295, minor: 2147483648, access: 'rw' })).toBe(true);
    expect(mayUse(filter, { type: 'c', major: 4294967294, minor: 2147483648, access: 'rw' })).toBe(false);
  });
});

/** What the last rule about a device says of one letter; the defaults come last, but not where all is allowed. */
function lastWord(rules: Rule[], { type, major, minor }: DeviceRequest, letter: string): boolean {
  const isForAll = (rule: Rule): boolean => rule.type === 'a' || rule.type === undefined;
  const isOpen = rules.filter(isForAll).at(-1)?.allow === true;
  const pick = (words: string): Rule => {
    const [, kind, first, second, access] = /(.) (.*):(.*) (.*)/.exec(words) as unknown as string[];
    const number = (text = ''): number => (text === '*' ? -1 : Number(text));
    return { allow: true, type: kind as string, major: number(first), minor: number(second), access: access as string };
  };
  const last = ['c *:* m', 'b *:* m', 'c 1:3 rwm', 'c 1:5 rwm', 'c 1:7 rwm', 'c 1:8 rwm', 'c 1:9 rwm'];
  const all = isOpen ? rules : [...rules, ...[...last, 'c 5:0 rwm', 'c 5:2 rwm', 'c 136:* rwm'].map(pick)];
  const is = (wanted: number | undefined, number: number): boolean => (wanted ?? -1) === -1 || wanted === number;
  const found = all.findLast(
    (rule) =>
      isForAll(rule) ||
      (rule.type === type && is(rule.major, major) && is(rule.minor, minor) && (rule.access ?? 'rwm').includes(letter)),
  );
  return found?.allow === true;
}

describe('random lists', () => {
  const number = fc.constantFrom(undefined, -1, 1, 3, 5, 8, 136);
  const letters = fc.constantFrom('r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm');
  const narrow = fc.record(
    { allow: fc.boolean(), type: fc.constantFrom('b', 'c'), major: number, minor: number, access: letters },
    { requiredKeys: ['allow', 'type'] },
  );
  const wide: fc.Arbitrary<Rule> = fc.record({ allow: fc.boolean(), type: fc.constantFrom('a', undefined) });
  const rules = fc.array(
    fc.oneof({ arbitrary: narrow as fc.Arbitrary<Rule>, weight: 6 }, { arbitrary: wide, weight: 1 }),
    {
      maxLength: 8,
    },
  );
  const someNumber = fc.constantFrom(0, 1, 2, 3, 5, 8, 9, 136, 137);
  const device = fc.record({ type: fc.constantFrom('b', 'c'), major: someNumber, minor: someNumber });

  test('are decided by the last rule about a device', () => {
    let decided = 0;
    fc.assert(
      fc.property(rules, fc.array(device, { minLength: 10, maxLength: 10 }), (list, devices) => {
        const text = config(list);
        if (findings(text, request(V2)).some(({ severity }) => severity === 'error')) return;
        const filter = filterOf(text);
        const isOpen = list.findLast(({ type }) => type === 'a' || type === undefined)?.allow === true;
        for (const one of devices as DeviceRequest[]) {
          const words = Object.fromEntries([...'rwm'].map((letter) => [letter, lastWord(list, one, letter)]));
          for (const access of ['r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm']) {
            const isAllowed = mayUse(filter, { ...one, access });
            const every = [...access].every((letter) => words[letter]);
            // Where all is forbidden, one rule has to allow all of what is asked for at once.
            if (isOpen || access.length === 1) expect(isAllowed).toBe(every);
            else if (isAllowed) expect(every).toBe(true);
            decided++;
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(decided).toBeGreaterThan(10_000);
  });
});
