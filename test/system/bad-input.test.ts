// Every command with what it cannot work with: the error says the call, the path and the way out, and nothing is left.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { done, fill, mountTmpfs } from './support/mount.ts';
import { builds, Orlop } from './support/orlop.ts';
import { expectRefused, TAKING_ID, withId } from './support/refused.ts';

const place = new Workplace('bad-input');
const [NEW, RUNNING, STOPPED] = [place.id('new'), place.id('running'), place.id('stopped')];
// No shell that becomes a sleep later: it would be a process that was not there before.
const bundle = place.bundle((config) => {
  config.process.args = ['/bin/sleep', '1000'];
}).directory;
const terminal = place.bundle((config) => {
  config.process.terminal = true;
}).directory;
const directory = place.path('directory');
const file = place.path('file');
const full = place.path('full');
const missing = place.path('missing');
const readonly = place.path('readonly');
const closed = place.path('closed.sock');

/** Bundles with a config.json that is none. */
const CONFIGS = { malformed: '{ nope', void: '', list: '[]', binary: '\0\x01\x02', secret: '{}' };
const wrong = (name: keyof typeof CONFIGS): string => place.path(name);

beforeAll(() => {
  for (const path of [directory, full, readonly, join(directory, 'config.json')]) mkdirSync(path);
  writeFileSync(file, '');
  for (const [name, text] of Object.entries(CONFIGS)) {
    mkdirSync(place.path(name));
    writeFileSync(join(place.path(name), 'config.json'), text, { mode: 0 });
  }
  const bind = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  done('python3', '-c', bind, closed); // Node removes a socket that it closes
  mountTmpfs(full);
  fill(full);
  mountTmpfs(readonly);
  done('mount', '-o', 'remount,ro', readonly);
});
afterAll(() => {
  for (const path of [full, readonly]) done('umount', path);
  place.remove();
});

interface Case {
  /** Behind the command. */
  args: string[];
  says: (string | RegExp)[];
  prefix?: string[];
}

const on = (args: string[], ...says: (string | RegExp)[]): Case => ({ args, says });

/** What may be wrong with a file that a command reads. */
const unreadable = (args: (file: string) => string[]): Case[] => [
  on(args(missing), `open("${missing}") failed: ENOENT`),
  on(args(directory), `("${directory}") failed: EISDIR`),
  on(args(join(wrong('malformed'), 'config.json')), 'invalid-json', 'malformed/config.json:1:3'),
];

/** What may be wrong with a file that a command writes a pid to. */
const unwritable = (args: (file: string) => string[]): Case[] => [
  on(args(`${missing}/pid`), /open\(".*\/missing\/pid\.\d+"\) failed: ENOENT/, '--pid-file'),
  on(args(`${file}/pid`), /open\(".*\/file\/pid\.\d+"\) failed: ENOTDIR/, '--pid-file'),
  on(args(directory), /rename\(".*", ".*\/directory"\) failed: EISDIR/, '--pid-file'),
  on(args(`${full}/pid`), /write\(".*\/full\/pid\.\d+"\) failed: ENOSPC/, '--pid-file'),
  on(args(`${readonly}/pid`), /open\(".*\/readonly\/pid\.\d+"\) failed: EROFS/, '--pid-file'),
];

const deaf = (args: (socket: string) => string[]): Case[] =>
  [missing, file, closed].map((path) => on(args(path), 'connect(', `"${path}") failed: E`));

const READ_ALL = '-dac_override,-dac_read_search';
/** Root, but without the right to read everything. */
const CONFINED = ['setpriv', `--bounding-set=${READ_ALL}`, `--inh-caps=${READ_ALL}`];

const LAUNCH: Case[] = [
  on(['-b', missing, NEW], `open("${missing}/config.json") failed: ENOENT`, `bundle ${missing} does not exist`),
  on(['-b', file, NEW], `open("${file}/config.json") failed: ENOTDIR`),
  on(['-b', full, NEW], `open("${full}/config.json") failed: ENOENT`, 'orlop spec'),
  on(['-b', directory, NEW], `open("${directory}/config.json") failed: EISDIR`),
  on(['-b', wrong('malformed'), NEW], 'invalid-json', 'malformed/config.json:1:3'),
  on(['-b', wrong('void'), NEW], 'invalid-json', 'void/config.json:1:1'),
  on(['-b', wrong('binary'), NEW], 'invalid-json', 'binary/config.json:1:1'),
  on(['-b', wrong('list'), NEW], /error\[OCI\d+\]/, 'list/config.json:1:1'),
  { args: ['-b', wrong('secret'), NEW], says: ['/secret/config.json") failed: EACCES'], prefix: CONFINED },
  on(['-b', bundle, RUNNING], 'already exists', 'mkdir(', 'failed: EEXIST'),
  on(['-b', bundle, '--preserve-fds', '2000', NEW], '--preserve-fds 2000'),
  ...unwritable((path) => ['-b', bundle, '--pid-file', path, NEW]),
  ...deaf((path) => ['-b', terminal, '--console-socket', path, NEW]),
  ...deaf((path) => ['-b', bundle, '--pidfd-socket', path, NEW]),
];

/** A case for each command at least: a new one has to bring its own. */
const CASES: Readonly<Record<string, Case[]>> = {
  create: [...LAUNCH, on(['-b', terminal, NEW], '/process/terminal', '--console-socket')],
  run: LAUNCH,
  start: [on([RUNNING], 'is running, not created'), on([STOPPED], 'is stopped, not created')],
  exec: [
    ...unreadable((path) => ['-p', path, RUNNING]),
    ...unwritable((path) => ['--pid-file', path, RUNNING, 'sleep', '1000']),
    ...deaf((path) => ['--pidfd-socket', path, RUNNING, 'sleep', '1000']),
    ...deaf((path) => ['-t', '--console-socket', path, RUNNING, 'sleep', '1000']),
    on([RUNNING], 'no program'),
    on([STOPPED, 'true'], 'is stopped, not running'),
    on([RUNNING, '/bin/missing'], '/bin/missing', 'ENOENT'),
    on(['-u', 'nobody', RUNNING, 'true'], '--user nobody'),
    on(['--cgroup', '../out', RUNNING, 'true'], '--cgroup ../out'),
  ],
  state: [on([], 'arguments', 'ID')],
  kill: [on([RUNNING, 'BANANA'], '"BANANA" is not a signal'), on([STOPPED], 'container not running')],
  delete: [on([RUNNING], 'not stopped: running', 'delete --force')],
  pause: [on([STOPPED], 'is stopped, not')],
  resume: [on([RUNNING], 'is running, not paused')],
  ps: [on(['-f', 'xml', RUNNING], '--format xml'), on([RUNNING, '--nosuch'], 'ps --nosuch exited with')],
  update: [
    ...unreadable((path) => ['-r', path, RUNNING]),
    on(['--pids-limit', '10', STOPPED], 'is stopped, not'),
    on(['--memory', 'lots', RUNNING], '--memory lots'),
  ],
  events: [on(['--interval', 'soon', RUNNING], '--interval soon'), on(['--stats', STOPPED], 'is stopped')],
  completion: [on(['ksh'], '"ksh"'), on([], 'arguments')],
  list: [on(['-f', 'xml'], '--format xml'), on(['surplus'], 'arguments')],
  spec: [
    on(['-b', missing], `open("${missing}/config.json") failed: ENOENT`),
    on(['-b', bundle], `open("${bundle}/config.json", O_CREAT|O_EXCL) failed: EEXIST`),
    on(['-b', full], `write("${full}/config.json") failed: ENOSPC`),
    on(['-b', readonly], `open("${readonly}/config.json") failed: EROFS`),
  ],
  plan: unreadable((path) => [path]),
  // What it finds in a file is no error of its own.
  lint: [
    on([missing], `open("${missing}") failed: ENOENT`),
    on([directory], `${directory}: no config.json in it`),
    on(['--format', 'xml', bundle], '--format xml'),
  ],
  check: [on([], '--host'), on(['--host', 'surplus'], 'arguments')],
  lsp: [on(['surplus'], 'arguments')],
  features: [on(['surplus'], 'arguments')],
  demo: [on(['--', '/bin/missing'], '/bin/missing', 'ENOENT')],
};

it('every command has a case', () => {
  expect(Object.keys(CASES).sort()).toEqual(Object.keys(COMMANDS).sort());
});

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);

  beforeAll(() => {
    orlop.call(['run', '-d', '-b', bundle, RUNNING]).ok();
    orlop.call(['run', '--keep', '-b', place.bundle().directory, STOPPED]).ok();
  });
  afterAll(() => {
    for (const id of [RUNNING, STOPPED]) orlop.call(['delete', '-f', id]).ok();
  });

  const all = Object.entries(CASES).flatMap(([command, cases]) =>
    cases.map((one) => ({ name: [command, ...one.args].join(' '), command, ...one })),
  );
  it.each(all)('$name', async ({ command, args, says, prefix }) => {
    const before = snapshot(place, orlop);
    expectRefused(command, orlop.call([command, ...args], prefix ? { prefix } : {}), says);
    await expectNothingLeft(place, orlop, before);
    expect(readdirSync(full)).toEqual(['filler']);
  });

  it.each(TAKING_ID)('%s with ids that are none', async (command) => {
    const before = snapshot(place, orlop);
    for (const id of ['../x', '', '.', '..', 'a/b', 'x'.repeat(256)]) {
      expectRefused(command, orlop.call([command, ...withId(command, bundle, id)]), [`"${id}" is not a container id`]);
    }
    if (!['create', 'run'].includes(command)) {
      expectRefused(command, orlop.call([command, ...withId(command, bundle, NEW)]), [
        `"${NEW}" does not exist`,
        orlop.root,
      ]);
    }
    await expectNothingLeft(place, orlop, before);
  });
});
