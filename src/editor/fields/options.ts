import { LEVELS, PRESETS, RULES, TARGETS } from '../words/linter.ts';
import { below, type Fields, field, required } from './field.ts';

/** The linter's own config file, .orlop.json: LintOptions of src/spec/types.ts. */
export const OPTIONS: Readonly<Fields> = {
  '/$schema': field('string', '', 'For editors; the linter passes it over.'),
  '/preset': field('string', '', 'Which rules are on; left out, `recommended`.', {
    words: PRESETS,
    example: '"recommended"',
  }),
  '/rules': field('string{}', '', 'Levels of single rules, by id or name.', { keys: RULES, words: LEVELS }),
  '/ignores': field('object[]', '', 'Places that rules are not to speak of.'),
  ...below('/ignores/*', {
    rule: required('string', '', 'The rule, by id or name.', { words: RULES }),
    path: field(
      'string',
      '',
      'JSON pointer of the place, and of all below; the step `*` is any. Left out: everywhere.',
    ),
    reason: required('string', '', 'Why, for whoever reads it later.'),
  }),
  '/targets': field(
    'string[]',
    '',
    'Runtimes that the configs are for, or files with what `RUNTIME features` prints.',
    {
      words: TARGETS,
    },
  ),
};
