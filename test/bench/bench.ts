// npm run bench [-- --json FILE] [--rounds N] [--runs N] [--lint]
//
// Compares orlop with the runtimes that are installed, as root. Medians move with the machine: read ratios, and only
// those of one run. crun refuses hosts with both versions of cgroups, so all run where the second is hidden.
// --lint measures the linter alone, for which nobody has to be root.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { gatherFacts } from '../../src/linux/facts.ts';
import type { Request } from '../../src/spec/types.ts';
import { type Contestant, contestants, EXECUTABLE, makeBundles, NODE_ENTRY, which } from './contestants.ts';
import { compileTimes, configOf, launchTimes } from './inside.ts';
import { firstTimes, hasSchema, lintMemory, lintTimes } from './lint.ts';
import { makeConfigs } from './lint-files.ts';
import { keystrokeTimes } from './lsp.ts';
import { type Effort, measureCommands, quoted, type Summary, succeed, summarize } from './measure.ts';
import { peakMemory, type Resident, residentMemory, supervisorMemory } from './memory.ts';
import { canOpenPage, NEEDS, pageTimes } from './playground.ts';
import { filterSteps, filterTimes, hasLibseccomp } from './seccomp.ts';

interface Row {
  name: string;
  values: Record<string, number>;
}

interface Table {
  title: string;
  unit: 'ms' | 'µs' | 'kB' | 'instructions';
  /** Medians and minima are divided by those of these rows, and the quotients are columns. */
  against: string[];
  rows: Row[];
}

const PRIVATE = 'ORLOP_BENCH_PRIVATE';
const HIDE = `
unified=/sys/fs/cgroup/unified
if [ -d $unified ]; then umount $unified 2>/dev/null || mount -t tmpfs none $unified || exit; fi
exec "$@"`;

/** The same command again, in a mount namespace that nobody else sees. */
function again(): number {
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', HIDE, 'sh', ...self];
  return spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, [PRIVATE]: '1' } }).status ?? 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      runs: { type: 'string' },
      lint: { type: 'boolean' },
    },
  });
  if (values.lint) {
    for (const table of lintTables()) process.stdout.write(render(table));
    return;
  }
  const effort: Effort = { rounds: Number(values.rounds ?? 10), runs: Number(values.runs ?? 10) };
  const { directory, bundle, confined, sleeping } = makeBundles();
  try {
    const { present: installed, missing } = contestants(directory);
    const present = installed.filter((contestant) => isAble(contestant, bundle));
    const machine = describeMachine(present);
    process.stdout.write(`${Object.values(machine).join('\n')}\n`);
    for (const name of missing) process.stdout.write(warning(name));
    const tables: Table[] = [];
    const show = (table: Table): void => {
      tables.push(table);
      process.stdout.write(render(table));
    };
    for (const [title, commands] of commandsOf(present, bundle)) show(commandTable(title, commands, effort, directory));
    const confinedRuns = new Map(
      present
        .filter((contestant) => isAble(contestant, confined))
        .map(({ name, command }): [string, string[]] => [name, runCommand(command, confined)]),
    );
    show(commandTable("run with Docker's seccomp profile in a user namespace", confinedRuns, effort, directory));
    inRunning(present, sleeping, (title, commands) => show(commandTable(title, commands, effort, directory)));
    show(inProcess('The launch image alone, in a warm process', launchTimes(bundle, directory, 200)));
    for (const [name, config] of configs(bundle)) {
      const request: Request = { version: 1, ignoreUnsupported: true, facts: gatherFacts() };
      show(inProcess(`Compiling ${name}, module warm`, compileTimes(config, request, 300)));
    }
    show(lintTable(present, makeConfigs(directory, 1000), effort, directory));
    if (!hasLibseccomp) process.stdout.write(warning('libseccomp'));
    show(inProcess("Docker's seccomp profile, from words to a filter", filterTimes(300)));
    show({ ...inProcess('What it costs a call', filterSteps()), unit: 'instructions' });
    for (const table of lintTables()) show(table);
    if (canOpenPage) show(inProcess('The playground in Chromium: first findings', await pageTimes(10)));
    else process.stdout.write(warning('the playground'));
    show(inProcess('From a key to its diagnostics, in 2,000 lines', await keystrokeTimes(100)));
    show(peakTable(present, bundle, directory));
    const waiting = "Memory of the container's process between create and start (median: VmRSS)";
    show(await memoryTable(waiting, present, (contestant) => residentMemory(contestant, bundle)));
    const supervising = 'Memory of run in the foreground while its container sleeps (median: VmRSS)';
    show(await memoryTable(supervising, present, (contestant) => supervisorMemory(contestant, sleeping)));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ machine, effort, tables }, null, 2)}\n`);
  } finally {
    clean(contestants(directory).present);
    rmSync(directory, { recursive: true });
  }
}

/** What is still there, of a measurement that failed too. */
function clean(installed: Contestant[]): void {
  for (const { name, command } of installed) {
    for (const id of ['bench-run', 'bench-life', 'bench-memory', aliveOf(name)])
      spawnSync(command[0] as string, [...command.slice(1), 'delete', '--force', id]);
  }
}

/** Whoever cannot run the bundle is left out, and not silently. */
function isAble({ name, command }: Contestant, bundle: string): boolean {
  try {
    succeed(runCommand(command, bundle));
    return true;
  } catch (error) {
    process.stdout.write(`*** NOT MEASURED: ${name}: ${(error as Error).message.trim()} ***\n`);
    return false;
  }
}

function warning(name: string): string {
  const why: Record<string, string> = {
    orlop: `${EXECUTABLE} is missing: make it with "npm run build"`,
    ajv: 'the schema is missing: apt-get install golang-github-opencontainers-specs-dev, or set RUNTIME_SPEC_SCHEMA',
    'the playground': NEEDS,
    'orlop on Node': `${NODE_ENTRY} or node is missing: make it with "npm run build:node"`,
  };
  return `\n*** NOT MEASURED: ${name}: ${why[name] ?? 'not installed'} ***\n`;
}

function describeMachine(present: Contestant[]): Record<string, string> {
  const versions = present.map(({ name, command }) => {
    const [first = ''] = succeed([...command.slice(0, -2), '--version']).split('\n');
    return `${name}: ${first}`;
  });
  const processors = cpus();
  return {
    kernel: `Linux ${release()}, ${processors.length} × ${processors[0]?.model ?? 'processor'}`,
    cgroup: `cgroup ${gatherFacts().cgroup.layout}`,
    contestants: versions.join('; '),
  };
}

/** Theirs alone: two containers of one name may meet in the cgroups. */
const aliveOf = (name: string): string => `bench-alive-${name.replaceAll(' ', '-')}`;

/** What is done to a container that runs: one for each contestant. */
function inRunning(
  present: Contestant[],
  sleeping: string,
  show: (title: string, commands: Map<string, string[]>) => void,
): void {
  const make = ['sh', '-c', '"$@" >/dev/null 2>&1', 'sh'];
  for (const { name, command } of present) {
    succeed([...make, ...command, 'run', '--detach', '--bundle', sleeping, aliveOf(name)]);
  }
  const verbs: [string, string, string[]][] = [
    ['exec of /bin/true in a container that runs', 'exec', ['/bin/true']],
    ['state of a container that runs', 'state', []],
    ['kill of a container that runs, with signal 0', 'kill', ['0']],
  ];
  for (const [title, verb, rest] of verbs) {
    show(title, new Map(present.map(({ name, command }) => [name, [...command, verb, aliveOf(name), ...rest]])));
  }
}

/** The parts of the table with whole processes: by title the command of each contestant. */
function commandsOf(present: Contestant[], bundle: string): [string, Map<string, string[]>][] {
  const each = (commandOf: (command: string[]) => string[]): Map<string, string[]> =>
    new Map(present.map(({ name, command }): [string, string[]] => [name, commandOf(command)]));
  const lifecycle = (command: string[]): string[] => {
    const runtime = command.map(quoted).join(' ');
    const id = 'bench-life';
    const verbs = [`create --bundle ${quoted(bundle)} ${id}`, `start ${id}`, `delete --force ${id}`];
    return ['sh', '-c', verbs.map((verb) => `${runtime} ${verb}`).join(' && ')];
  };
  return [
    ['run of /bin/true, from process start to its end', each((command) => runCommand(command, bundle))],
    ['create, start and delete, three processes', each(lifecycle)],
    ['--version: what a process costs by itself', each((command) => [...command.slice(0, -2), '--version'])],
  ];
}

/** Of orlop alone: no other runtime has a linter. */
function lintTable(present: Contestant[], configs: string, effort: Effort, directory: string): Table {
  const own = present.filter(({ name }) => name.startsWith('orlop'));
  const commands = new Map(own.map(({ name, command }): [string, string[]] => [name, [...command, 'lint', configs]]));
  return commandTable(
    'lint of 1,000 configs as Docker, Podman, containerd, runc and crun write them',
    commands,
    effort,
    directory,
  );
}

function runCommand(command: string[], bundle: string): string[] {
  return [...command, 'run', '--bundle', bundle, 'bench-run'];
}

function commandTable(title: string, commands: Map<string, string[]>, effort: Effort, directory: string): Table {
  const program = which('hyperfine');
  const times = measureCommands(commands, effort, program === undefined ? undefined : { program, directory });
  return { title, unit: 'ms', against: references(commands.keys()), rows: rowsOf(times) };
}

function inProcess(title: string, times: Map<string, number[]>): Table {
  return { title, unit: 'ms', against: [], rows: rowsOf(times) };
}

function lintTables(): Table[] {
  if (!hasSchema) process.stdout.write(warning('ajv'));
  const many = 'Linting a document, recommended, module warm, beside ajv with the schema of the spec';
  const memory = [...lintMemory([1_000, 10_000, 100_000])].map(([name, median]): Row => ({ name, values: { median } }));
  return [
    { ...inProcess(many, lintTimes(100)), unit: 'µs' },
    inProcess('The same until the first answer', firstTimes(20)),
    { title: 'Memory of the process after so many documents', unit: 'kB', against: [], rows: memory },
  ];
}

function rowsOf(times: Map<string, number[]>): Row[] {
  return [...times].map(([name, samples]) => ({ name, values: { ...summarize(samples) } satisfies Summary & object }));
}

function references(names: Iterable<string>): string[] {
  return [...names].filter((name) => name === 'crun' || name === 'runc');
}

function configs(bundle: string): [string, Uint8Array][] {
  const docker = JSON.parse(readFileSync(new URL('../../fixtures/configs/docker.json', import.meta.url), 'utf8'));
  delete docker.process.apparmorProfile; // refused on hosts without AppArmor
  return [
    ['the default config', configOf(bundle)],
    ["Docker's config", Buffer.from(JSON.stringify(docker, null, 2))],
  ];
}

function peakTable(present: Contestant[], bundle: string, directory: string): Table {
  const rows = present.flatMap(({ name, command }): Row[] => {
    const median = peakMemory(runCommand(command, bundle), directory, 10);
    return median === undefined ? [] : [{ name, values: { median } }];
  });
  const title = 'Most memory of run, of the command and what it waited for';
  if (rows.length === 0)
    return { title: `${title}: NOT MEASURED, GNU time is not installed`, unit: 'kB', against: [], rows };
  return { title, unit: 'kB', against: references(rows.map(({ name }) => name)), rows };
}

async function memoryTable(
  title: string,
  present: Contestant[],
  ask: (contestant: Contestant) => Resident | Promise<Resident>,
): Promise<Table> {
  const rows: Row[] = [];
  for (const contestant of present) {
    const { VmRSS: median, RssAnon, Pss } = await ask(contestant);
    rows.push({ name: contestant.name, values: { median, RssAnon, Pss } });
  }
  return { title, unit: 'kB', against: references(rows.map(({ name }) => name)), rows };
}

/** A column a value, then the quotients of medians, and of minima, which other work on the machine spoils less. */
function render({ title, unit, against, rows }: Table): string {
  if (rows.length === 0) return `\n${title}\n`;
  const keys = Object.keys(rows[0]?.values ?? {});
  const digits = unit === 'ms' ? 2 : unit === 'µs' ? 1 : 0;
  const quotients = ['median', 'min'].filter((key) => keys.includes(key));
  const divided = (key: string, values: Row['values'], name: string): number =>
    (values[key] ?? Number.NaN) / (rows.find((row) => row.name === name)?.values[key] ?? Number.NaN);
  const cells = [
    ['', ...keys, ...against.flatMap((name) => quotients.map((key) => `${key}/${name}`))],
    ...rows.map(({ name, values }) => [
      name,
      ...keys.map((key) => (key === 'count' ? String(values[key]) : (values[key] ?? Number.NaN).toFixed(digits))),
      ...against.flatMap((reference) => quotients.map((key) => divided(key, values, reference).toFixed(2))),
    ]),
  ];
  const lines = cells.map(
    ([name = '', ...rest]) => `  ${name.padEnd(16)}${rest.map((cell) => cell.padStart(12)).join('')}`,
  );
  return `\n${title} (${unit})\n${lines.join('\n')}\n`;
}

const isPrivate = process.env[PRIVATE] !== undefined || process.argv.includes('--lint');
if (!isPrivate) process.exitCode = again();
else await main();
