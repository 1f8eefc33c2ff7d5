// A check runs with runc, for reference, and then with orlop, which decides; reporter.ts prints what came of both.

import { it } from 'vitest';
import type { Workplace } from '../../system/support/bundle.ts';
import { expectNothingLeft, type Stateful, snapshot } from '../../system/support/leftovers.ts';
import type { Runtime } from './site.ts';

declare module 'vitest' {
  interface TaskMeta {
    runtimes?: Record<Runtime, string>;
  }
}

/** Its root is the state directory of its runtime. */
export interface Engine extends Stateful {
  readonly place: Workplace;
  /** Removes every container; what is left then is the runtime's fault. */
  clear(): void;
}

export type Check<E> = (name: string, body: (engine: E) => void | Promise<void>, missing?: string) => void;

/** `missing` says what a machine lacks for the check, if it does. */
export function checks<E extends Engine>(engineWith: (runtime: Runtime) => E): Check<E> {
  return (name, body, missing) => {
    it(name, async ({ task, skip }) => {
      if (missing !== undefined) skip(missing);
      const runc = await attempt(engineWith('runc'), body);
      const orlop = await attempt(engineWith('orlop'), body);
      task.meta.runtimes = { orlop: verdict(orlop), runc: verdict(runc) };
      if (orlop) throw orlop;
    });
  };
}

/** The first thing that goes wrong; the engine is cleared whatever that is. */
async function attempt<E extends Engine>(
  engine: E,
  body: (engine: E) => void | Promise<void>,
): Promise<Error | undefined> {
  const before = snapshot(engine.place, engine);
  let first: Error | undefined;
  const steps = [() => body(engine), () => engine.clear(), () => expectNothingLeft(engine.place, engine, before)];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      first ??= error as Error;
    }
  }
  return first;
}

const verdict = (error: Error | undefined): string => (error ? `FAIL ${firstLine(error)}` : 'ok');

/** Of an engine's error the lines that say it; Vitest's own messages begin with that one. */
function firstLine(error: Error): string {
  const lines = error.message.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(0, lines[0]?.startsWith('exit ') ? 3 : 1)
    .join(': ')
    .slice(0, 300);
}
