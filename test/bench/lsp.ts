// From a keystroke until its diagnostics are there, as an editor sees it: both ends of the pipes, JSON and all.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Editor } from '../lsp/editor.ts';
import { builds } from '../system/support/orlop.ts';

/** Docker's config, and mounts until it has as many lines. */
export function configOfLines(lines: number): string {
  const docker = JSON.parse(readFileSync(new URL('../../fixtures/configs/docker.json', import.meta.url), 'utf8'));
  const text = (): string => JSON.stringify(docker, null, 2);
  while (text().split('\n').length < lines) {
    const { length } = docker.mounts;
    docker.mounts.push({ destination: `/m${length}`, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=1m'] });
  }
  return text();
}

/** Milliseconds by build and kind of key: in a word, one that takes the JSON apart, and one that puts it together. */
export async function keystrokeTimes(count: number): Promise<Map<string, number[]>> {
  const directory = mkdtempSync(join(tmpdir(), 'orlop-bench-lsp-'));
  const times = new Map<string, number[]>();
  try {
    for (const build of builds()) {
      const editor = new Editor(build, directory);
      await editor.initialize();
      const text = configOfLines(2000);
      const uri = await editor.open(join(directory, 'config.json'), text);
      await editor.diagnostics(uri);
      const at = text.indexOf('"/m50"');
      const keys: [string, number, number, string][] = [
        ['in a word', at + 3, at + 3, 'x'],
        ['that breaks it', at + 6, at + 7, ''],
        ['that mends it', at + 6, at + 6, '"'],
      ];
      for (const [what] of keys) times.set(`${build.name}, ${what}`, []);
      for (let round = -10; round < count; round++) {
        for (const [what, start, end, letter] of keys) {
          const before = process.hrtime.bigint();
          await editor.type(uri, start, end, letter);
          await editor.diagnostics(uri, editor.published.length);
          if (round >= 0) times.get(`${build.name}, ${what}`)?.push(Number(process.hrtime.bigint() - before) / 1e6);
        }
      }
      await editor.end();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return times;
}
