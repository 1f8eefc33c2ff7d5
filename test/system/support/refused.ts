// What an error has to say, whatever the command.

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import type { Bundle, Config } from './bundle.ts';
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

/** Where a value begins in the text that JSON.stringify makes. */
export function placeOf(bundle: Bundle, pointer: string): string {
  const config = JSON.parse(readFileSync(bundle.config, 'utf8')) as Config;
  const keys = pointer.split('/').slice(1);
  const last = keys.pop() as string;
  // biome-ignore lint/suspicious/noExplicitAny: a path through unknown JSON
  let parent: any = config;
  for (const key of keys) parent = parent[key];
  expect(parent).toHaveProperty([last]);
  parent[last] = '@here@';
  const lines = JSON.stringify(config, null, 2).split('\n');
  const line = lines.findIndex((text) => text.includes('"@here@"'));
  return `config.json:${line + 1}:${(lines[line]?.indexOf('"@here@"') ?? 0) + 1} ${pointer}`;
}
