import type { Limit } from '../limits.ts';
import type { Named, Outcome } from '../outcome.ts';
import { type Changes, pairs } from './change.ts';

export function diffLimits(changes: Changes, before: Outcome, after: Outcome): void {
  for (const [name, was, is] of pairs(before.limits, after.limits, (limit) => limit.name))
    diffLimit(changes, name, was, is);
  for (const [name, was, is] of pairs(before.rlimits, after.rlimits, (limit) => limit.name)) {
    if (was?.value === is?.value) continue;
    const old = was?.value ?? "the caller's";
    const now = is?.value ?? "the caller's";
    changes.add('limit', direction(was, is), 25, `${name} ${old} → ${now}`, { before: was?.place, after: is?.place });
  }
}

/** Without it there is none. */
const NONE = 'none';

function diffLimit(changes: Changes, name: string, was: Limit | undefined, is: Limit | undefined): void {
  const old = was?.shown ?? NONE;
  const now = is?.shown ?? NONE;
  if (old === now) return;
  const places = { before: was?.place, after: is?.place };
  const isLimit = (was ?? is)?.isLimit === true;
  const before = amountOf(was);
  const after = amountOf(is);
  const effect =
    !isLimit || before === undefined || after === undefined ? 'changes' : after > before ? 'gains' : 'loses';
  const weight = (isLimit ? 40 : 24) + (now === NONE && isLimit ? 14 : 0);
  changes.add(
    'limit',
    effect,
    weight,
    `${name} ${isLimit ? old : old.replace(NONE, 'default')} → ${isLimit ? now : now.replace(NONE, 'default')}`,
    places,
  );
}

function amountOf(limit: Limit | undefined): number | undefined {
  return limit === undefined ? Number.POSITIVE_INFINITY : limit.amount;
}

function direction(was: Named | undefined, is: Named | undefined): 'gains' | 'loses' | 'changes' {
  if (!was || !is) return 'changes';
  const amounts = [was, is].map(({ value }) =>
    value.startsWith('unlimited') ? Number.POSITIVE_INFINITY : Number.parseInt(value, 10),
  );
  const [before = 0, after = 0] = amounts;
  return after > before ? 'gains' : after < before ? 'loses' : 'changes';
}
