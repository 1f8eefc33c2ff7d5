import { dirname, join, resolve } from 'node:path';
import { OrlopError } from '../../error.ts';
import { gatherFacts } from '../../linux/facts.ts';
import { launchModule } from '../../spec/embedded.ts';
import { SpecDocument } from '../../spec/module.ts';
import type { Plan, Request } from '../../spec/types.ts';
import { type Action, type Context, number, text, type Values } from '../command.ts';
import { readInput } from '../input.ts';
import { type Listed, listing } from '../listing.ts';
import { print } from '../output.ts';

/**
 * Reads a config and says what would happen. Touches nothing, needs no privileges, and the bundle need not be there.
 * With --exit-code, 1 says that --diff has found changes.
 */
const action: Action = async (context, values, [config]) => {
  const file = config ?? join(text(values, 'bundle') ?? '.', 'config.json');
  const other = text(values, 'diff');
  checkOptions(values, file, other);
  const request = requestOf(context, values, file);
  if (other !== undefined) return compare(context, values, request, other, file);
  const listed = planOf(context, values, request, file);
  const graph = text(values, 'graph');
  if (graph !== undefined) await draw(listed.plan, graph);
  else if (values.calls) print(listing(listed));
  else print(values.json ? `${JSON.stringify(listed.plan, null, 2)}\n` : planText(listed.plan));
  return 0;
};

function checkOptions(values: Values, file: string, other: string | undefined): void {
  const refuse = (message: string, hint: string): never => {
    throw new OrlopError('usage/invalid', message, { hint });
  };
  if (other === '-' && file === '-') refuse('--diff -: both configs are standard input', 'name a file for one of them');
  const asked = ['json', 'calls', 'graph'].filter((name) => values[name] !== undefined && values[name] !== false);
  if (asked.length > 1) refuse(`--${asked[0]} and --${asked[1]}: one answer at a time`, 'leave one of them out');
  if (other !== undefined && values.graph !== undefined) {
    refuse('--diff and --graph: one answer at a time', 'draw each of the two configs by itself');
  }
  if (values['exit-code'] && other === undefined)
    refuse('--exit-code is for --diff', 'name the other config by --diff');
}

function requestOf(context: Context, values: Values, file: string): Request {
  return {
    version: 1,
    id: text(values, 'id') ?? 'ID',
    bundle: resolve(text(values, 'bundle') ?? (file === '-' ? '.' : dirname(file))),
    noPivot: values['no-pivot'] === true,
    preserveFds: number(values, 'preserve-fds', 0, 1024) ?? 0,
    ignoreUnsupported: context.ignoreUnsupported,
    cgroupManager: context.cgroupManager,
    ...(values['reference-host'] ? {} : { facts: planFacts() }),
  };
}

/** Of this host, but of its cgroups only: whoever plans need not be who launches. */
function planFacts(): NonNullable<Request['facts']> {
  const { cgroup } = gatherFacts();
  return { cgroup };
}

/** The plan, and with --calls the listing of its image. */
function planOf(context: Context, values: Values, request: Request, file: string): Listed {
  context.configFile = file;
  const document = new SpecDocument(launchModule(), readInput(file));
  const plan = document.plan(request);
  if (!values.calls) return { plan, rows: [] };
  document.image();
  return { plan, rows: document.rows() };
}

/** From `other` to `file`. Both are planned for the same bundle: where the files lie is no change. */
async function compare(
  context: Context,
  values: Values,
  request: Request,
  other: string,
  file: string,
): Promise<number> {
  const before = planOf(context, values, request, other);
  const after = planOf(context, values, request, file);
  const { diff } = await import('../../spec/diff.ts');
  const changes = diff(before.plan, after.plan);
  if (values.calls) {
    const { listingDiff } = await import('../listing-diff.ts');
    const lines = listingDiff(before, after);
    print(lines);
    return values['exit-code'] && lines !== '' ? 1 : 0;
  }
  if (values.json) print(`${JSON.stringify({ version: 1, before: other, after: file, changes }, null, 2)}\n`);
  else {
    const { changesText } = await import('../plan-diff.ts');
    print(changesText(changes, other, file));
  }
  return values['exit-code'] && changes.length > 0 ? 1 : 0;
}

async function draw(plan: Plan, target: string): Promise<void> {
  const { graph } = await import('../../spec/graph.ts');
  const { writeSvg } = await import('../svg-file.ts');
  writeSvg(target, graph(plan));
}

const ACTORS = {
  host: 'The host prepares',
  launcher: 'The launch image, outside of the container',
  init: "The container's first process",
};

function planText(plan: Plan): string {
  const lines: string[] = [];
  let actor = '';
  const width = Math.max(...plan.steps.map((step) => step.text.length));
  for (const step of plan.steps) {
    if (step.by !== actor) lines.push(`${lines.length > 0 ? '\n' : ''}${ACTORS[step.by]}`);
    actor = step.by;
    const place = step.path === undefined ? '' : `${step.path}:${step.line}`;
    lines.push(`  ${step.text.padEnd(Math.min(width, 64))}  ${place}`.trimEnd());
  }
  for (const { severity, message, path, line } of plan.diagnostics)
    lines.push(`\n${severity}: ${message} (${path}:${line})`);
  return `${lines.join('\n')}\n`;
}

export default action;
