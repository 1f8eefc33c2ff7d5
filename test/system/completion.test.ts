// Completion in real shells: lines are typed into an interactive one, TAB is pressed, and the shell says what the line is
// then. Words that are still ambiguous stay as they are.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { fastest, Orlop, until } from './support/orlop.ts';

const place = new Workplace('completion');
const orlop = new Orlop(place);
const home = place.path('home');
const one = 'alpha-1';
const two = 'beta-2';
let before: Snapshot;

beforeAll(() => {
  before = snapshot(place, orlop);
  mkdirSync(join(home, 'directory'), { recursive: true });
  writeFileSync(join(home, 'document.json'), '{}');
  // The command as people call it, by its name.
  const command = join(home, 'orlop');
  writeFileSync(command, `#!/bin/sh\nexec ${fastest().argv.join(' ')} "$@"\n`);
  chmodSync(command, 0o755);
  for (const id of [one, two]) orlop.run(place.bundle(shell('sleep 1000')), id, '-d').ok();
});
afterAll(async () => {
  for (const id of [one, two]) orlop.call(['delete', '--force', id]);
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  place.remove();
});

interface Shell {
  name: string;
  interactive: string;
  /** Takes the script, and makes control-X say what the line is, into the file, and empty it. */
  prepare: (said: string) => string[];
}

const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    interactive: 'bash --norc --noprofile -i',
    prepare: (said) => [
      'source <(orlop completion bash)',
      `say() { printf '%s\\n' "$READLINE_LINE" >> ${said}; READLINE_LINE=; }`,
      `bind -x '"\\C-x": say'`,
    ],
  },
  {
    name: 'zsh',
    interactive: 'zsh -f -i',
    prepare: (said) => [
      'autoload -Uz compinit && compinit -D -u',
      'source <(orlop completion zsh)',
      `say() { print -r -- "$BUFFER" >> ${said}; BUFFER=; }`,
      "zle -N say; bindkey -e; bindkey -rp '^X'; bindkey '^X' say",
    ],
  },
  {
    name: 'fish',
    interactive: 'fish --no-config --private -i',
    prepare: (said) => [
      'orlop completion fish | source',
      `function say; commandline >> ${said}; commandline ''; end`,
      'bind \\cx say',
    ],
  },
];

/** An interactive shell that is typed into. */
class Typist {
  private readonly said: string;
  private readonly child: ChildProcess;
  private output = '';

  constructor(shell: Shell) {
    this.said = place.path(`${shell.name}-said`);
    writeFileSync(this.said, '');
    this.child = spawn('script', ['-qfec', shell.interactive, '/dev/null'], {
      cwd: home,
      env: { PATH: `${home}:/usr/local/bin:/usr/bin:/bin`, HOME: home, TERM: 'xterm', LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.child.stdout?.on('data', (data) => {
      this.output += data;
    });
  }

  async prepare(shell: Shell): Promise<void> {
    for (const line of shell.prepare(this.said)) this.type(`${line}\n`);
    this.type(`echo ready >> ${this.said}\n`);
    await until(`${shell.name} is ready: ${this.output}`, () => this.lines().includes('ready'), 20_000);
  }

  /** The line after TAB. */
  async complete(line: string): Promise<string> {
    const count = this.lines().length;
    this.type(`${line}\t`);
    // Candidates may be asked for on another process; the key is read when they are there.
    this.type('\x18');
    await until(`"${line}" is completed: ${this.output}`, () => this.lines().length > count, 20_000);
    return this.lines().at(-1) ?? '';
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  private type(text: string): void {
    this.child.stdin?.write(text);
  }

  private lines(): string[] {
    return readFileSync(this.said, 'utf8').split('\n').slice(0, -1);
  }
}

const root = orlop.root;

/** What is typed, and what it is then; `=` if nothing completes it. */
const LINES: readonly (readonly [string, string])[] = [
  ['orlop eve', 'orlop events '],
  ['orlop --debug eve', 'orlop --debug events '],
  ['orlop --log /tmp/x eve', 'orlop --log /tmp/x events '],
  ['orlop --systemd-', '='],
  ['orlop --ignore', 'orlop --ignore-unsupported '],
  ['orlop run --no-sub', 'orlop run --no-subreaper '],
  ['orlop run --stats', '='],
  ['orlop list --format js', 'orlop list --format json '],
  ['orlop list --format=js', 'orlop list --format=json '],
  ['orlop list -f ta', 'orlop list -f table '],
  [`orlop --root ${root} start al`, `orlop --root ${root} start ${one} `],
  [`orlop --root=${root} start al`, `orlop --root=${root} start ${one} `],
  [`orlop --debug --root ${root} delete --force be`, `orlop --debug --root ${root} delete --force ${two} `],
  [`orlop --root ${root} kill ${one} WINC`, `orlop --root ${root} kill ${one} WINCH `],
  [`orlop --root ${root} events --interval 1s ${one} be`, `orlop --root ${root} events --interval 1s ${one} ${two} `],
  // A new container has no id yet, and one is enough for state.
  [`orlop --root ${root} run al`, '='],
  [`orlop --root ${root} state ${one} be`, '='],
  // What is behind the id is for ps(1).
  [`orlop --root ${root} ps ${one} --for`, '='],
  [`orlop --root ${root} ps --for`, `orlop --root ${root} ps --format `],
  ['orlop ls', 'orlop lsp '],
  ['orlop lint doc', 'orlop lint document.json '],
  ['orlop lint --fix=un', 'orlop lint --fix=unsafe '],
  ['orlop lint --fix doc', 'orlop lint --fix document.json '],
  ['orlop lint --color=al', 'orlop lint --color=always '],
  ['orlop lint --format sa', 'orlop lint --format sarif '],
  ['orlop lint document.json dir', 'orlop lint document.json directory/'],
  ['orlop create --bundle dir', 'orlop create --bundle directory/'],
  ['orlop create --bundle doc', '='],
  ['orlop create -b dir', 'orlop create -b directory/'],
  ['orlop completion zs', 'orlop completion zsh '],
  ['orlop no-such-command al', '='],
  ['orlop demo -- truncat', 'orlop demo -- truncate '],
];

/** Where shells have their own way. */
const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  zsh: {
    // The value may stand in the same word.
    [`orlop --root ${root} ps --for`]: `orlop --root ${root} ps --format=`,
    // Where no directory is, there may be one in what is.
    'orlop create --bundle doc': 'orlop create --bundle document.json ',
  },
};

describe.each(SHELLS)('$name', (shell) => {
  const isThere = spawnSync(shell.name, ['--version']).status === 0 && existsSync('/usr/bin/script');
  if (!isThere) console.warn(`completion.test.ts: ${shell.name} is skipped: apt-get install ${shell.name} bsdutils`);
  let typist: Typist;

  beforeAll(async () => {
    if (!isThere) return;
    typist = new Typist(shell);
    await typist.prepare(shell);
  });
  afterAll(async () => {
    await typist?.end();
    rmSync(place.path(`${shell.name}-said`), { force: true });
  });

  it.skipIf(!isThere).each(LINES)('%s', async (typed, line) => {
    const expected = OWN[shell.name]?.[typed] ?? line;
    expect(await typist.complete(typed)).toBe(expected === '=' ? typed : expected);
  });
});

it('no other shell', () => {
  const { status, stderr } = orlop.call(['completion', 'csh']);
  expect(status).toBe(1);
  expect(stderr).toContain('bash, zsh, fish');
});
