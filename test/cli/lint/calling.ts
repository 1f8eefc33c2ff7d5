import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Build, builds, fastest } from '../../system/support/orlop.ts';

export { builds, fastest };

export const PROJECT = join(import.meta.dirname, '../../..');

export interface Called {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A directory with files, in which the command is called. */
export class Desk {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'orlop-lint-')));

  path(name: string): string {
    return join(this.directory, name);
  }

  write(files: Readonly<Record<string, string | object>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
    }
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  call(
    args: readonly string[],
    options: { build?: Build; input?: string; env?: Record<string, string>; cwd?: string } = {},
  ): Called {
    const [program, ...first] = (options.build ?? fastest()).argv;
    const { status, stdout, stderr, error } = spawnSync(program, [...first, ...args], {
      cwd: options.cwd ?? this.directory,
      env: { PATH: process.env.PATH, HOME: this.directory, ...options.env },
      input: options.input ?? '',
      encoding: 'utf8',
    });
    if (error) throw error;
    return { status, stdout, stderr };
  }

  /** The findings of each file, as `OCI302 /mounts/0/type`. */
  places(...args: string[]): Record<string, string[]> {
    const { files } = JSON.parse(this.call(['lint', '--format', 'json', ...args]).stdout) as {
      files: { file: string; diagnostics: { rule: string; path: string }[] }[];
    };
    return Object.fromEntries(
      files.map(({ file, diagnostics }) => [file, diagnostics.map(({ rule, path }) => `${rule} ${path}`)]),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** In which nothing is found, and with which it is. */
export const CLEAN = readFileSync(join(PROJECT, 'fixtures/rules/minimal.json'), 'utf8');
export const withMount = (mount: object): string => JSON.stringify({ ...JSON.parse(CLEAN), mounts: [mount] }, null, 2);

/** OCI302, an error with a safe fix. */
export const FAULTY = withMount({ destination: '/data', type: 'bind', source: '/srv' });
/** OCI301, a warning with a safe fix. */
export const DOUBTFUL = withMount({ destination: 'data', type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] });
/** OCI306, a warning with an unsafe fix. */
export const MISSPELT = withMount({
  destination: '/data',
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['size=1m', 'nosiud'],
});
