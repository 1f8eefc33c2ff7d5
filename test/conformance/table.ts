// fixtures/conformance.md: what becomes of every field, as the compiler itself answers.

import { carriersOf } from './carried.ts';
import { rulesOf } from './checked.ts';
import { FIELDS, FOREIGN, SETTLED, testsOf } from './fields.ts';
import { type Reader, readers } from './readers.ts';
import { isRefused, refusedOf } from './refused.ts';

export const FILE = new URL('../../fixtures/conformance.md', import.meta.url);

const HEAD = `# Conformance

Every field of runtime-spec 1.3.0 that a config for Linux may have. \`npm run build:conformance\` writes this file, and a test
fails when it is not what the script would write.

- **read**: the class below \`assembly/spec\` that has the field; a value of another type is an error at its place.
- **checked**: the findings of the compiler when the field has another value (\`orlop lint\`).
- **carried out**: the steps of \`orlop plan\` that are others then, and who takes them: host, launcher or init of the container;
  of exec the system calls.
- **tested by**: files in \`test/\`. \`test/assembly/spec.test.ts\` is about the shape of every field, and not in the list.
- **refused**: what the kernel, or whoever else has the last word, says to a value that is well formed;
  \`test/system/refused.test.ts\` runs a container with it. Or why nothing is refused.

| field | read | checked | carried out | tested by | refused |
|---|---|---|---|---|---|
`;

export function table(): string {
  const known = new Map(readers().map((reader) => [reader.field, reader]));
  return HEAD + FIELDS.map((field) => row(field, known.get(field))).join('');
}

function row(field: string, reader: Reader | undefined): string {
  const foreign = FOREIGN[field];
  const cells = [
    `\`${field}\``,
    reader ? `${reader.of}, ${reader.file}` : foreign ? 'as a key' : '',
    rulesOf(field).join(' ') || (foreign ? 'not looked into' : ''),
    foreign ? `nothing: ${foreign}` : (SETTLED[field] ?? carried(field)),
    [...testsOf(field), ...(isRefused(field) ? ['system/refused'] : [])].join(', '),
    foreign ? 'nothing: without effect' : (refusedOf(field) ?? ''),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function carried(field: string): string {
  const steps = carriersOf(field);
  const hasMembers = FIELDS.some((other) => other.startsWith(`${field}.`));
  return steps.join(', ') || (hasMembers ? 'by its members' : '');
}
