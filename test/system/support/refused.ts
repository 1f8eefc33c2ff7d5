// What an error has to say, whatever the command.

import { expect } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import type { Result } from './orlop.ts';

/** The commands that are about one container. */
export const TAKING_ID = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.usage.startsWith('ID'));

/** The arguments that such a command needs. */
export function withId(command: string, bundle: string, id: string): string[] {
  if (command === 'create' || command === 'run') return ['-b', bundle, id];
  if (command === 'update') return ['--pids-limit', '10', id];
  return command === 'exec' ? [id, 'true'] : [id];
}

/** A finding has its place for a way out, every other error a sentence. */
export function expectRefused(command: string, { status, stderr }: Result, says: (string | RegExp)[]): void {
  expect(stderr).toMatch(/^(orlop: .+\n.* {3}= help: .+\n|error\[OCI\d+\].*\n +┌─ )/s);
  for (const part of says) expect(stderr).toMatch(part);
  expect(stderr).not.toMatch(/unexpected:|\n {4}at /);
  expect(status).toBe(COMMANDS[command]?.failure ?? 1);
}
