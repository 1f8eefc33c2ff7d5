// The linter beside a validator of the spec's own schema. They do not do the same: ajv looks at types, required fields and
// words, each for itself, in values that JSON.parse has made: no places, no duplicate keys, no unknown keys, nothing of
// what one field means for another, and of 93 faulty configs 7. But it is what people have.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { specModule } from '../../src/spec/embedded.ts';
import { Linter } from '../../src/spec/linter.ts';
import { repeat } from './measure.ts';

/** Debian has the schema in golang-github-opencontainers-specs-dev; RUNTIME_SPEC_SCHEMA names another copy of `schema/`. */
const SCHEMA = process.env.RUNTIME_SPEC_SCHEMA ?? '/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema';
const MAIN = 'config-schema.json';
export const hasSchema = existsSync(join(SCHEMA, MAIN));

const CONFIGS = ['runc', 'docker', 'podman'];
/** Documents of a sample, which is their mean: one alone is too short for the clock. */
const LOT = 50;

/** Microseconds of a document. */
export function lintTimes(count: number): Map<string, number[]> {
  const linter = new Linter(specModule());
  const times = new Map<string, number[]>();
  for (const name of CONFIGS) {
    const config = configOf(name);
    times.set(
      `${name}, lint`,
      microseconds(count, () => linter.lint(config)),
    );
  }
  if (!hasSchema) return times;
  const validate = compileSchema();
  for (const name of CONFIGS) {
    const config = configOf(name);
    times.set(
      `${name}, ajv`,
      microseconds(count, () => expectValid(validate, config)),
    );
  }
  return times;
}

/** Milliseconds until there is an answer about the first document: a schema is compiled, a module instantiated. */
export function firstTimes(count: number): Map<string, number[]> {
  const config = configOf('runc');
  const times = new Map([['lint', repeat(count, () => new Linter(specModule()).lint(config))]]);
  if (hasSchema)
    times.set(
      'ajv',
      repeat(count, () => expectValid(compileSchema(), config)),
    );
  return times;
}

/** Kilobytes, after so many documents in one instance. */
export function lintMemory(counts: readonly number[]): Map<string, number> {
  const linter = new Linter(specModule());
  const configs = CONFIGS.map(configOf);
  const memory = new Map<string, number>();
  let done = 0;
  for (const count of counts) {
    for (; done < count; done++) linter.lint(configs[done % configs.length] as Uint8Array);
    (globalThis as { Bun?: { gc(isSync: boolean): void } }).Bun?.gc(true);
    memory.set(`${count}`, Math.round(process.memoryUsage.rss() / 1024));
  }
  return memory;
}

function microseconds(count: number, act: () => unknown): number[] {
  for (let index = 0; index < 20 * LOT; index++) act();
  const lots = repeat(count, () => {
    for (let index = 0; index < LOT; index++) act();
  });
  return lots.map((milliseconds) => (milliseconds * 1000) / LOT);
}

function compileSchema(): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const schemas = readdirSync(SCHEMA).filter((name) => name.endsWith('.json') && !name.startsWith('state'));
  for (const name of schemas) {
    // It is of draft 4, of which it uses nothing that later ones read otherwise but these two.
    const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(join(SCHEMA, name), 'utf8'));
    ajv.addSchema(schema, name);
  }
  return ajv.getSchema(MAIN) as ValidateFunction;
}

const decoder = new TextDecoder();

/** A benchmark of refusals would be one of something else. */
function expectValid(validate: ValidateFunction, config: Uint8Array): void {
  if (!validate(JSON.parse(decoder.decode(config)))) throw new Error(JSON.stringify(validate.errors));
}

function configOf(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/configs/${name}.json`, import.meta.url));
}
