// Small filesystems of a test's own: to be full, or read-only.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export function done(...[command = '', ...args]: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

export function mountTmpfs(path: string, ...options: string[]): void {
  done('mount', '-t', 'tmpfs', '-o', ['size=64k', 'mode=755', ...options].join(','), 'tmpfs', path);
}

export function fill(path: string): void {
  expect(() => writeFileSync(join(path, 'filler'), Buffer.alloc(1 << 20))).toThrow('ENOSPC');
}
