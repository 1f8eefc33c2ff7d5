import { describe, expect, test } from 'vitest';
import { OrlopError } from '../../src/error.ts';
import type { LintOptions } from '../../src/spec/types.ts';
import { exampleOf, file, lint, linter, optionsOf, places, rules } from './linting.ts';

const minimal = file('fixtures/rules/minimal.json');
const docker = file('fixtures/configs/docker.json');
const encode = (text: string) => new TextEncoder().encode(text);

describe('presets', () => {
  test('each has all of the one before it', () => {
    const presets = ['none', 'spec', 'recommended', 'hardened', 'strict'] as const;
    const everything = file('fixtures/configs/everything.json');
    let before: string[] = [];
    for (const preset of presets) {
      const found = places(lint(everything, { preset }));
      expect(found).toEqual(expect.arrayContaining(before));
      before = found;
    }
    expect(places(lint(everything, { preset: 'none' }))).toEqual([]);
  });

  test('recommended is the default', () => {
    expect(lint(docker)).toEqual(lint(docker, { preset: 'recommended' }));
    expect(linter.lint(encode(docker)).diagnostics).toEqual(lint(docker));
  });

  test('in strict warnings are errors, and what is to be known a warning', () => {
    const found = lint(docker, { preset: 'strict' });
    for (const { rule, severity } of found) {
      const usual = rules.find(({ id }) => id === rule)?.severity;
      expect(severity).toBe(usual === 'info' ? 'warning' : 'error');
    }
  });
});

describe('rules', () => {
  test('get another severity, by id or by name', () => {
    const options: LintOptions = { preset: 'none', rules: { OCI917: 'info', 'no-pids-limit': 'error' } };
    expect(lint(minimal, options).map(({ rule, severity }) => [rule, severity])).toEqual([
      ['OCI916', 'error'],
      ['OCI917', 'info'],
    ]);
  });

  test('are off', () => {
    const found = lint(docker, { rules: { 'deprecated-prestart': 'off' } });
    expect(found).toEqual(lint(docker).filter(({ name }) => name !== 'deprecated-prestart'));
    expect(found).not.toEqual(lint(docker));
  });

  test('that are off do not use up the thousand that are listed', () => {
    const many = Array.from({ length: 2000 }, (_, index) => `"zzz${index}":0`).join();
    const config = minimal.replace('{', `{${many},`).replace('"cwd": "/"', '"cwd": "tmp"');
    expect(lint(config)).toHaveLength(1001);
    expect(places(lint(config, { rules: { 'unknown-key': 'off' } }))).toEqual(['OCI103 /process/cwd']);
  });

  test('of hosts cannot be asked for', () => {
    const host = rules.filter(({ preset }) => preset === 'host').map(({ id }) => id);
    expect(host.length).toBeGreaterThan(3);
    const on = Object.fromEntries(host.map((id) => [id, 'error' as const]));
    expect(lint(file('fixtures/configs/everything.json'), { preset: 'none', rules: on })).toEqual([]);
  });
});

describe('ignores', () => {
  const config = exampleOf(
    { ...(rules.find(({ id }) => id === 'OCI306') as (typeof rules)[number]) },
    '{"mounts":[{"destination":"/a","type":"tmpfs","options":["nosiud"]},{"destination":"/b","type":"tmpfs","options":["nosiud"]}]}',
  );
  const ignored = (path: string | undefined, rule = 'OCI306') => {
    const ignores = [{ rule, ...(path === undefined ? {} : { path }), reason: 'a test' }];
    const { diagnostics, unusedIgnores } = linter.lint(encode(config), { ignores });
    return [diagnostics.map((finding) => finding.path), unusedIgnores];
  };

  test('cover a place and what is below it', () => {
    const [first, second] = ['/mounts/0/options/0', '/mounts/1/options/0'];
    expect(ignored('/linux')).toEqual([[first, second], [0]]);
    expect(ignored('/mounts/0')).toEqual([[second], []]);
    expect(ignored('/mounts/1/options/0')).toEqual([[first], []]);
    expect(ignored('/mounts/*/options')).toEqual([[], []]);
    expect(ignored('/mounts')).toEqual([[], []]);
    expect(ignored('')).toEqual([[], []]);
    expect(ignored(undefined)).toEqual([[], []]);
    expect(ignored('/mount')).toEqual([[first, second], [0]]);
    expect(ignored('/mounts/0', 'misspelt-option')).toEqual([[second], []]);
    expect(ignored('/mounts/0', 'OCI302')).toEqual([[first, second], [0]]);
  });

  test('are each reported if nothing needed them', () => {
    const ignores = ['/mounts/0', '/nowhere', '/mounts', '/mounts/7'].map((path) => ({
      rule: 'OCI306',
      path,
      reason: 'x',
    }));
    expect(linter.lint(encode(config), { ignores }).unusedIgnores).toEqual([1, 3]);
  });
});

describe('targets', () => {
  const everything = file('fixtures/configs/everything.json');
  const told = (targets: LintOptions['targets'], config = everything) =>
    lint(config, {
      preset: 'none',
      rules: { OCI801: 'warn', OCI802: 'error', OCI804: 'warn' },
      ...(targets && { targets }),
    });

  test('nothing is said without', () => expect(told([])).toEqual([]));

  test('an old runtime ignores what came later', () => {
    const old = places(told(['runc@1.1']));
    expect(old).toContain('OCI801 /process/scheduler');
    expect(old).toContain('OCI802 /linux/namespaces/7/type');
    const newer = places(told(['runc@1.2']));
    expect(newer).not.toContain('OCI801 /process/scheduler');
    expect(newer).toContain('OCI801 /linux/netDevices');
    expect(places(told(['runc@1.4']))).not.toContain('OCI801 /linux/netDevices');
    expect(old.length).toBeGreaterThan(newer.length);
  });

  test('without a version it is the newest that is known', () => {
    expect(places(told(['runc']))).toEqual(places(told(['runc@99.0'])));
    expect(told(['crun']).map(({ message }) => message)).toContainEqual(expect.stringMatching(/^crun ignores .*rdma/));
  });

  test('what orlop cannot carry out is of interest to its users alone', () => {
    const config = exampleOf(
      rules.find(({ id }) => id === 'OCI302') as (typeof rules)[number],
      '{"linux":{"personality":{"domain":"LINUX","flags":["ADDR_NO_RANDOMIZE"]}}}',
    );
    expect(told([], config)).toEqual([]);
    expect(places(told(['orlop'], config))).toEqual(['OCI802 /linux/personality/flags']);
  });

  test('of features as runtimes print them', () => {
    const features = {
      ociVersionMin: '1.0.0',
      ociVersionMax: '1.0.2-dev',
      hooks: ['prestart'],
      mountOptions: ['ro', 'nosuid'],
      linux: {
        namespaces: ['mount', 'pid'],
        capabilities: ['CAP_KILL'],
        seccomp: { enabled: true, actions: ['SCMP_ACT_ALLOW'], operators: [], archs: [], supportedFlags: [] },
        selinux: { enabled: false },
      },
      annotations: { 'org.opencontainers.runc.version': '1.1.5' },
      potentiallyUnsafeConfigAnnotations: ['com.example.'],
    };
    const found = told([features]);
    expect(places(found)).toEqual(
      expect.arrayContaining([
        'OCI802 /linux/namespaces/1/type',
        'OCI802 /process/selinuxLabel',
        'OCI801 /hooks/poststop',
      ]),
    );
    expect(found.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^runc 1\.1\.5 refuses "network"/),
    );
    const config = minimal.replace('{', '{"annotations":{"com.example.x":"1"},');
    expect(places(lint(config, { preset: 'hardened', rules: { OCI803: 'warn' }, targets: [features] }))).toContain(
      'OCI803 /annotations/com.example.x',
    );
  });

  test('what features do not tell of nobody knows', () => {
    expect(told([{}])).toEqual([]);
    expect(told([{ linux: null, hooks: null, mountOptions: null }])).toEqual([]);
  });

  test('the tables name fields that there are', () => {
    const rule = rules.find(({ id }) => id === 'OCI801') as (typeof rules)[number];
    expect(optionsOf(rule).targets).not.toEqual([]);
    for (const runtime of ['runc@0.1', 'crun@0.1', 'youki@0.1'])
      expect(told([runtime]).length, runtime).toBeGreaterThan(5);
  });
});

describe('options that are wrong', () => {
  const refused = (options: unknown): string => {
    try {
      linter.lint(encode(minimal), options as LintOptions);
    } catch (error) {
      if (error instanceof OrlopError && error.code === 'usage/invalid')
        return `${error.message} | ${error.hint ?? ''}`;
      throw error;
    }
    return 'taken';
  };

  test.each([
    [{ preset: 'recomended' }, '/preset: "recomended" is not a value of the spec here | did you mean "recommended"?'],
    [{ rules: { OCI999: 'off' } }, '/rules/OCI999: "OCI999" is no rule'],
    [{ rules: { 'no-secomp': 'off' } }, '/rules/no-secomp: "no-secomp" is no rule | did you mean "no-seccomp"?'],
    [{ rules: { OCI302: 'fatal' } }, '/rules/OCI302: "fatal" is no level | it is one of off, error, warn, info'],
    [{ rules: [] }, '/rules: expected an object, found an array'],
    [{ ignores: [{ rule: 'OCI302' }] }, '/ignores/0: "reason" is missing here'],
    [{ ignores: [{ rule: 'OCI302', reason: ' ' }] }, '/ignores/0/reason: the reason is empty'],
    [{ ignores: [{ rule: 'OCI302', path: 'linux', reason: 'x' }] }, '/ignores/0/path: "linux" is no JSON pointer'],
    [{ targets: ['docker'] }, '/targets/0: "docker" is no target | name one of orlop, runc, crun, youki'],
    [{ targets: ['runc@new'] }, '/targets/0: "runc@new" is no target'],
    [{ targets: [1] }, '/targets/0: this is no target'],
    [{ rule: {} }, '/rule: "rule" is not a key of the spec here | did you mean "rules"?'],
  ])('%j', (options, message) => {
    expect(refused(options)).toContain(message);
    expect(() => linter.fix(encode(minimal), options as LintOptions)).toThrow(OrlopError);
  });

  test('the linter goes on afterwards', () => expect(lint(minimal)).toEqual([]));
});
