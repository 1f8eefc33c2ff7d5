// Builds dist/spec/lint.schema.json, the JSON Schema of .orlop.json: `bun src/build-lint-schema.ts [FILE]`.
//
// It is what orlop.v1.schema.json says of options, with every rule in it that spec.wasm has: editors complete and explain
// them.

import { readFileSync, writeFileSync } from 'node:fs';
import { specModule } from './spec/embedded.ts';
import { Linter } from './spec/linter.ts';

const source = new URL('./spec/orlop.v1.schema.json', import.meta.url);
const { $schema, $defs } = JSON.parse(readFileSync(source, 'utf8'));
const { unsafe: _ofFixes, ...properties } = $defs.lintOptions.properties;
const rules = new Linter(specModule()).rules();

const level = properties.rules.additionalProperties;
const ids = rules.map(({ id, summary, why }) => [id, { description: `${summary}. ${why}`, ...level }]);
const names = rules.map(({ name, id, summary }) => [name, { description: `${id}: ${summary}`, ...level }]);
properties.rules = {
  description: 'Severities by id or name.',
  type: 'object',
  properties: Object.fromEntries([...ids, ...names]),
  additionalProperties: false,
};
properties.ignores.items.properties.rule.enum = [...ids, ...names].map(([key]) => key);

const schema = {
  $schema,
  title: 'The config file of orlop lint',
  description: '.orlop.json, or the member "orlop" of package.json.',
  type: 'object',
  properties,
  additionalProperties: false,
};
writeFileSync(process.argv[2] ?? 'dist/spec/lint.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
