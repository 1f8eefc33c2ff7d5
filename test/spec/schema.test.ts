import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { OrlopError } from '../../src/error.ts';
import { specModule } from '../../src/spec/embedded.ts';
import { Linter } from '../../src/spec/linter.ts';
import { SpecDocument } from '../../src/spec/module.ts';
import type { CgroupFacts, CgroupManager, LintOptions, Plan, Request, Step } from '../../src/spec/types.ts';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schema = JSON.parse(file('src/spec/orlop.v1.schema.json')) as { $defs: Record<string, { enum?: string[] }> };
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
ajv.addSchema(schema, 'orlop');

/** What the schema has against a value; nothing if it is valid. */
function objections(definition: string, value: unknown): string[] {
  const validate = ajv.getSchema(`orlop#/$defs/${definition}`);
  if (!validate) throw new Error(`the schema has no $defs/${definition}`);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

const HIERARCHIES: NonNullable<CgroupFacts['hierarchies']> = [
  ...['memory', 'pids', 'devices', 'blkio', 'cpuset'].map((name) => ({
    mount: `/sys/fs/cgroup/${name}`,
    controllers: [name],
  })),
  { mount: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
  { mount: '/sys/fs/cgroup/systemd', name: 'systemd', controllers: [] },
];

const CGROUPS: Record<string, CgroupFacts> = {
  v2: { layout: 'v2', mount: '/sys/fs/cgroup', controllers: ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'] },
  v1: { layout: 'v1', hierarchies: HIERARCHIES },
  hybrid: { layout: 'hybrid', unified: '/sys/fs/cgroup/unified', hierarchies: HIERARCHIES },
  none: { layout: 'none' },
};

function requestOf(cgroup: CgroupFacts, cgroupManager: CgroupManager = 'cgroupfs'): Request {
  const systemd = { version: 252, controlGroup: '/user.slice/user@1000.service', isUser: true };
  const facts = {
    capabilities: '1ffffffffff',
    nofileSoft: '1024',
    nofileHard: '18446744073709551615',
    cgroup,
    systemd,
  };
  return { version: 1, id: 'one', bundle: '/bundle', ignoreUnsupported: true, cgroupManager, facts };
}

const RANGE = [{ containerID: 0, hostID: 100000, size: 65536 }];

/** Has what makes a step of every verb, among all kinds of hosts; USERS has those of user namespaces. */
const MAXIMAL = JSON.stringify({
  ociVersion: '1.2.0',
  hostname: 'one',
  domainname: 'example.org',
  annotations: { 'org.example': 'value', 'orlop.init': 'true' },
  root: { path: 'rootfs', readonly: true },
  process: {
    terminal: true,
    consoleSize: { height: 24, width: 80 },
    user: { uid: 1, gid: 2, umask: 0o27, additionalGids: [3, 4294967294] },
    args: ['sh', '-c', 'true'],
    cwd: '/work',
    noNewPrivileges: true,
    oomScoreAdj: -500,
    capabilities: { bounding: ['CAP_KILL'], permitted: ['CAP_KILL'], effective: ['CAP_KILL'] },
    rlimits: [{ type: 'RLIMIT_FSIZE', soft: 1, hard: 2 }],
    scheduler: { policy: 'SCHED_DEADLINE', runtime: 1024, deadline: 2048, flags: ['SCHED_FLAG_RESET_ON_FORK'] },
    apparmorProfile: 'profile',
    selinuxLabel: 'user:role:type:s0',
    ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 7 },
  },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'ptmxmode=0666'] },
    { destination: '/ro', type: 'tmpfs', options: ['ro', 'size=1m'] },
    { destination: '/host', source: '/host', options: ['rbind', 'rro', 'rnosuid', 'dev', 'rslave'] },
    { destination: '/host/one', options: ['remount', 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', options: ['nosuid'] },
  ],
  hooks: Object.fromEntries(
    ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'].map((kind) => [
      kind,
      [{ path: '/usr/bin/hook', args: ['hook', kind], env: ['A=1'], timeout: 5 }, { path: '/bin/true' }],
    ]),
  ),
  linux: {
    namespaces: [
      { type: 'network', path: '/run/netns/one' },
      ...['pid', 'ipc', 'uts', 'mount', 'cgroup', 'time'].map((type) => ({ type })),
    ],
    timeOffsets: { boottime: { secs: -5, nanosecs: 7 } },
    rootfsPropagation: 'slave',
    devices: [
      { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o600, uid: 5, gid: 6 },
      { path: '/dev/pipe', type: 'p' },
    ],
    sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '65536' },
    memoryPolicy: { mode: 'MPOL_BIND', nodes: '0,2-3', flags: ['MPOL_F_STATIC_NODES'] },
    personality: { domain: 'LINUX32' },
    intelRdt: { closID: 'x', memBwSchema: 'MB:0=50', schemata: ['L3:0=f'], enableMonitoring: true },
    netDevices: { eth1: {}, eth2: { name: 'net%d' } },
    mountLabel: 'user:role:type:s0:c1,c2',
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    resources: { memory: { limit: 1 << 30, swap: 1 << 30 }, pids: { limit: 10 }, cpu: { shares: 512 } },
  },
});

/** A user namespace of its own: what is done in another way then. */
const USERS = JSON.stringify({
  ociVersion: '1.2.0',
  root: { path: '/rootfs' },
  process: {
    args: ['/bin/true'],
    cwd: '/',
    user: { uid: 1, gid: 1 },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 1048576 }],
  },
  mounts: [
    { destination: '/sys/fs/cgroup', type: 'cgroup' },
    { destination: '/own', source: '/srv/own', options: ['rbind', 'ridmap'] },
    { destination: '/other', source: '/srv/other', options: ['bind', 'idmap'], uidMappings: RANGE, gidMappings: RANGE },
  ],
  linux: {
    namespaces: ['user', 'mount', 'pid', 'ipc', 'cgroup', 'time'].map((type) => ({ type })),
    uidMappings: RANGE,
    gidMappings: RANGE,
    timeOffsets: { monotonic: { secs: 1 } },
    devices: [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }],
  },
});

/** The same, in the user namespace of others. */
const JOINED = JSON.stringify({
  ociVersion: '1.2.0',
  root: { path: '/rootfs' },
  process: { args: ['/bin/true'], cwd: '/' },
  mounts: [{ destination: '/own', source: '/srv/own', options: ['bind', 'idmap'] }],
  linux: { namespaces: [{ type: 'user', path: '/proc/2/ns/user' }, { type: 'mount' }] },
});

/** A network namespace of its own, which has a loopback to set up. */
const SMALL = JSON.stringify({
  ociVersion: '1.0.0',
  root: { path: '/rootfs' },
  process: { args: ['/bin/true'], cwd: '/', env: ['HOME=/'] },
  linux: { namespaces: [{ type: 'mount' }, { type: 'network' }] },
});

const configs: [string, string][] = [
  ['MAXIMAL', MAXIMAL],
  ['SMALL', SMALL],
  ['USERS', USERS],
  ['JOINED', JOINED],
  ...readdirSync(new URL('../../fixtures/configs/', import.meta.url))
    .filter((name) => name.endsWith('.json'))
    .map((name): [string, string] => [name, file(`fixtures/configs/${name}`)]),
];

const linter = new Linter(specModule());
const open = (config: string) => new SpecDocument(specModule(), new TextEncoder().encode(config));

/** The plan, or the diagnostics of a config that this host cannot launch. */
function plan(config: string, request: Request): { plan?: Plan; diagnostics?: readonly unknown[] | undefined } {
  try {
    return { plan: open(config).plan(request) };
  } catch (error) {
    if (!(error instanceof OrlopError) || !error.diagnostics) throw error;
    return { diagnostics: error.diagnostics };
  }
}

const planned = configs.flatMap(([name, config]) =>
  Object.entries(CGROUPS).flatMap(([layout, cgroup]) =>
    (['cgroupfs', 'systemd', 'disabled'] as const).map((manager) => ({
      name,
      layout,
      manager,
      config,
      request: requestOf(cgroup, manager),
    })),
  ),
);

describe('the schema holds for', () => {
  test.each(planned)('the plan of $name on a host with cgroup $layout by $manager', ({ config, request }) => {
    expect(objections('request', request)).toEqual([]);
    const outcome = plan(config, request);
    if (outcome.plan) expect(objections('plan', outcome.plan)).toEqual([]);
    else expect(objections('report', { version: 1, diagnostics: outcome.diagnostics })).toEqual([]);
  });

  test.each(configs)('what lint says of %s', (_name, config) => {
    const broken = config.replace('"ociVersion"', '"ociversion"');
    for (const text of [config, broken]) {
      for (const preset of ['recommended', 'strict'] as const) {
        const result = linter.lint(new TextEncoder().encode(text), { preset });
        expect(objections('lintReport', { version: 1, ...result })).toEqual([]);
        if (text === broken) expect(result.diagnostics).not.toEqual([]);
      }
    }
  });

  test('the listing, and what each row that fails means', () => {
    const document = open(MAXIMAL);
    document.prepare(requestOf(CGROUPS.v1 as CgroupFacts));
    document.image('/');
    const rows = document.rows();
    expect(objections('rows', rows)).toEqual([]);
    const log = new TextEncoder().encode('e tmpfs: unknown parameter\n');
    for (let row = -1; row <= rows.length; row++)
      for (const errno of [1, 2, 22, 4000])
        expect(objections('failure', document.failure(row, errno, log))).toEqual([]);
  });

  test.each(Object.entries(CGROUPS))('what a host with cgroup %s needs of a plan', (_layout, cgroup) => {
    for (const config of [MAXIMAL, SMALL, USERS, JOINED]) {
      if (cgroup.layout === 'none' && config.includes('/sys/fs/cgroup')) continue; // it mounts them
      const document = open(config);
      const { length } = document.plan(requestOf(cgroup)).steps;
      expect(objections('hostPlan', document.prepare(requestOf(cgroup)))).toEqual([]);
      expect(objections('hostPlan', document.prepare(requestOf(cgroup, 'systemd')))).toEqual([]);
      for (let step = 0; step < length; step++) expect(objections('place', document.place(step))).toEqual([]);
    }
  });

  test('the rules', () => {
    expect(objections('rules', { version: 1, rules: linter.rules() })).toEqual([]);
  });

  test('options of lint', () => {
    const options: LintOptions = {
      preset: 'hardened',
      rules: { OCI302: 'off', 'no-seccomp': 'error' },
      ignores: [
        { rule: 'OCI905', path: '/linux', reason: 'a test' },
        { rule: 'OCI906', reason: 'a test' },
      ],
      targets: ['runc@1.1', { ociVersionMin: '1.0.0', ociVersionMax: '1.2.0' }],
      unsafe: true,
    };
    expect(objections('lintOptions', options)).toEqual([]);
    expect(objections('lintOptions', {})).toEqual([]);
    expect(linter.lint(new TextEncoder().encode(MAXIMAL), options).diagnostics).not.toEqual([]);
    const wrongs = [
      { preset: 'all' },
      { rules: { OCI302: 'on' } },
      { ignores: [{ rule: 'OCI302' }] },
      { targets: [1] },
      { surprise: 1 },
    ];
    for (const wrong of wrongs) {
      expect(objections('lintOptions', wrong)).not.toEqual([]);
      expect(() => linter.lint(new Uint8Array(), wrong as LintOptions)).toThrow(OrlopError);
    }
  });

  test('the names', () => {
    expect(objections('names', SpecDocument.names(specModule()))).toEqual([]);
  });

  test('the request alone', () => {
    expect(objections('request', { version: 1 })).toEqual([]);
  });
});

describe('the schema and the module know the same', () => {
  const ofSchema = schema.$defs.step as { properties: { verb: { enum: string[] } } } & (typeof schema.$defs)[string];

  test('verbs, in the same order', () => {
    const source = /const VERBS: string\[\] = \[([^\]]*)\]/.exec(file('assembly/plan/step.ts'))?.[1] ?? '';
    expect(ofSchema.properties.verb.enum).toEqual([...source.matchAll(/'([^']+)'/g)].map(([, verb]) => verb));
  });

  // Steps of exec(), which answers only what its host needs: test/assembly/exec.test.ts has them.
  const ofExec = ['enter', 'affinity'];

  test('the plans above have every verb', () => {
    const verbs = new Set(
      planned.flatMap(({ config, request }) => plan(config, request).plan?.steps ?? []).map(verbOf),
    );
    expect(ofSchema.properties.verb.enum.filter((verb) => !verbs.has(verb))).toEqual(ofExec);
  });

  test('keys of a request', () => {
    for (const definition of ['request', 'execRequest', 'facts', 'cgroupFacts', 'systemdFacts', 'hierarchy']) {
      const { properties } = schema.$defs[definition] as unknown as { properties: Record<string, unknown> };
      for (const key of Object.keys(properties)) {
        expect(file('assembly/plan/request.ts'), `${definition}.${key}`).toContain(`'${key}'`);
      }
    }
  });
});

describe('the schema refuses', () => {
  const good = plan(MAXIMAL, requestOf(CGROUPS.v2 as CgroupFacts)).plan as Plan;
  const withStep = (step: object): Plan => ({ ...good, steps: [...good.steps, step as Step] });

  test('a verb that it does not know', () => {
    expect(objections('plan', withStep({ verb: 'teleport', by: 'init', text: 'teleport' }))).not.toEqual([]);
  });

  const users = plan(USERS, requestOf(CGROUPS.v2 as CgroupFacts)).plan as Plan;

  test.each([...good.steps, ...users.steps].map((step): [string, Step] => [step.verb, step]))(
    'a %s with one field more',
    (_verb, step) => {
      expect(objections('step', step)).toEqual([]);
      expect(objections('step', { ...step, surprise: 1 })).not.toEqual([]);
    },
  );

  test.each(['verb', 'by', 'text'])('a step without %s', (key) => {
    for (const step of good.steps) {
      const { [key]: _left, ...rest } = step;
      expect(objections('step', rest)).not.toEqual([]);
    }
  });

  test('a step that somebody else carries out', () => {
    for (const step of [...good.steps, ...users.steps]) {
      const by = step.by === 'host' ? 'init' : 'host';
      expect(objections('step', { ...step, by })).not.toEqual([]);
    }
  });

  test('a place without its line', () => {
    expect(objections('step', { verb: 'ready', by: 'init', text: 'ready', path: '/process' })).not.toEqual([]);
  });

  test('another version', () => {
    expect(objections('plan', { ...good, version: 2 })).not.toEqual([]);
    expect(objections('request', { version: 2 })).not.toEqual([]);
    expect(objections('report', { version: 2, diagnostics: [] })).not.toEqual([]);
  });

  test('keys that are none', () => {
    expect(objections('plan', { ...good, surprise: 1 })).not.toEqual([]);
    expect(objections('request', { version: 1, surprise: 1 })).not.toEqual([]);
    expect(objections('request', { version: 1, facts: { surprise: 1 } })).not.toEqual([]);
  });

  test('64-bit values as JSON numbers', () => {
    expect(objections('request', { version: 1, facts: { nofileSoft: 1024 } })).not.toEqual([]);
  });
});

function verbOf(step: Step): string {
  return step.verb;
}
