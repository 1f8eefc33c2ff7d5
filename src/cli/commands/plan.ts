import { dirname, join, resolve } from 'node:path';
import { gatherFacts } from '../../linux/facts.ts';
import { launchModule } from '../../spec/embedded.ts';
import { SpecDocument } from '../../spec/module.ts';
import type { Plan, Request, Row } from '../../spec/types.ts';
import { type Action, number, text } from '../command.ts';
import { readInput } from '../input.ts';
import { print } from '../output.ts';

/** Reads a config and says what would happen. Touches nothing, needs no privileges, and the bundle need not be there. */
const action: Action = (context, values, [config]) => {
  const file = config ?? join(text(values, 'bundle') ?? '.', 'config.json');
  context.configFile = file;
  const request: Request = {
    version: 1,
    id: text(values, 'id') ?? 'ID',
    bundle: resolve(text(values, 'bundle') ?? (file === '-' ? '.' : dirname(file))),
    noPivot: values['no-pivot'] === true,
    preserveFds: number(values, 'preserve-fds', 0, 1024) ?? 0,
    ignoreUnsupported: context.ignoreUnsupported,
    cgroupManager: context.cgroupManager,
    ...(values['reference-host'] ? {} : { facts: planFacts() }),
  };
  const document = new SpecDocument(launchModule(), readInput(file));
  if (values.calls) {
    const plan = document.plan(request);
    document.image();
    print(listing(plan, document.rows()));
  } else {
    const plan = document.plan(request);
    print(values.json ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
  }
  return 0;
};

/** Of this host, but of its cgroups only: whoever plans need not be who launches. */
function planFacts(): NonNullable<Request['facts']> {
  const { cgroup } = gatherFacts();
  return { cgroup };
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

/** Row by row, the step it belongs to above the first of its rows. */
function listing(plan: Plan, rows: Row[]): string {
  const lines: string[] = [];
  let current: number | undefined = -1;
  for (const { row, text: words, step, detail = [] } of rows) {
    if (step !== current) {
      const owner = step === undefined ? undefined : plan.steps[step];
      lines.push(`\n# ${owner ? `${owner.text}${owner.path ? `  ${owner.path}:${owner.line}` : ''}` : 'a failure'}`);
    }
    current = step;
    lines.push(`${String(row).padStart(5)}  ${words}`);
    for (const line of detail) lines.push(`         ${line}`);
  }
  return `${lines.join('\n').trimStart()}\n`;
}

export default action;
