// Every field with a value that the kernel, or whoever else has the last word, refuses: the error says what and where, and
// nothing is left behind. The values are in test/conformance/refusals; fixtures/conformance.md lists them.

import { afterAll, describe, expect, it } from 'vitest';
import type { Refusal } from '../conformance/refusals/refusal.ts';
import { cases, REFUSALS } from '../conformance/refused.ts';
import { type Config, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, snapshot } from './support/leftovers.ts';
import { Orlop, type Result } from './support/orlop.ts';
import { expectRefused, placeOf } from './support/refused.ts';

const place = new Workplace('refused');
const orlop = new Orlop(place);
afterAll(() => place.remove());

function configure(refusal: Refusal): (config: Config) => void {
  return (config) => {
    for (const [pointer, value] of Object.entries(refusal.config)) put(config, pointer, value);
  };
}

/** Objects on the way are made, and a list is what `-` ends. */
function put(config: Config, pointer: string, value: unknown): void {
  const keys = pointer.split('/').slice(1);
  const last = keys.pop() as string;
  // biome-ignore lint/suspicious/noExplicitAny: a path through unknown JSON
  let at: any = config;
  for (const key of keys) at = at[key] ??= {};
  if (last === '-') at.push(value);
  else at[last] = value;
}

describe('what the kernel refuses', () => {
  it.each(cases())('$fields', async ({ refusal }) => {
    const bundle = place.bundle(...(refusal.isExec ? [shell('sleep 1000')] : []), configure(refusal));
    const id = place.id();
    const before = snapshot(place, orlop);
    const options = refusal.prefix ? { prefix: refusal.prefix } : {};
    let result: Result;
    if (refusal.isExec) {
      orlop.run(bundle, id, '-d').ok();
      result = orlop.call(['exec', id, '/bin/true'], options);
      orlop.call(['delete', '--force', id]).ok();
    } else result = orlop.call(['run', '-b', bundle.directory, id], options);
    if (refusal.isWarning) expect(result.status).toBe(0);
    else expectRefused(refusal.isExec ? 'exec' : 'run', result, []);
    for (const part of refusal.says) expect(result.stderr).toMatch(part);
    expect(result.stderr).not.toMatch(/bug of orlop|and then:/);
    expect(result.stderr).toContain(placeOf(bundle, refusal.pointer));
    await expectNothingLeft(place, orlop, before);
  });

  it('is known of as many fields as it should be', () => {
    expect(Object.values(REFUSALS).filter((refusal) => typeof refusal !== 'string').length).toBeGreaterThan(70);
  });
});
