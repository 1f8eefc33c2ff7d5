// npm run fuzz -- [COUNT [SEED]]: so many broken configs through lint and every fix, in two processes. The same documents
// as test/assembly/hostile.test.ts and test/system/hostile.test.ts, which run a share of them with each check.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const PROCESSES = 2;
/** Configs of one seed, at most; a failure names seed and number, which make the document again. */
const MOST_OF_SEED = 50_000;
const MiB = 2 ** 20;

interface Progress {
  seed: number;
  done: number;
  fixed: number;
  seconds: number;
  wasm: number;
  resident: number;
}

const count = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? Math.floor(Math.random() * 1e6));
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(first)) {
  console.error('usage: npm run fuzz -- [COUNT [SEED]]');
  process.exit(2);
}

const each = Math.min(MOST_OF_SEED, Math.ceil(count / PROCESSES));
const jobs = Array.from({ length: Math.ceil(count / each) }, (_, index) => ({
  seed: first + index,
  count: Math.min(each, count - index * each),
}));
const last = first + jobs.length - 1;
const latest = new Map<number, Progress>();
const failed: number[] = [];
const start = performance.now();

await Promise.all(Array.from({ length: PROCESSES }, takeJobs));
show('\n');
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s, seeds ${first} to ${last}`);
if (failed.length > 0) {
  console.error(`failed: seeds ${failed.join(', ')}`);
  process.exit(1);
}

async function takeJobs(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) await run(job.seed, job.count);
}

async function run(seed: number, configs: number): Promise<void> {
  const worker = spawn(process.execPath, [new URL('worker.ts', import.meta.url).pathname, `${seed}`, `${configs}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => worker.once('exit', resolve));
  for await (const line of createInterface({ input: worker.stdout })) {
    latest.set(seed, JSON.parse(line));
    show(process.stderr.isTTY ? '\r' : '');
  }
  if ((await ended) !== 0) failed.push(seed);
}

/** On a terminal one line that changes; in a log only the end. */
function show(end: string): void {
  if (end === '') return;
  const all = [...latest.values()];
  const total = (key: keyof Progress) => all.reduce((sum, one) => sum + one[key], 0);
  const most = (key: keyof Progress) => (Math.max(0, ...all.map((one) => one[key])) / MiB).toFixed(0);
  const rate = (total('done') / Math.max(total('seconds'), 0.001)).toFixed(0);
  const memory = `${most('wasm')} MiB in the module, ${most('resident')} MiB resident`;
  process.stderr.write(
    `${total('done')} of ${count} configs, ${total('fixed')} fixed, ${rate} a second and core, ${memory}${end}`,
  );
}
