import type { Words } from './words.ts';

/** The module has them: whoever completes gets them from there. */
export const RULES: Words = {};

export const LEVELS: Words = {
  off: 'Is not checked.',
  info: 'Is told.',
  warn: 'Is a warning.',
  error: 'Is an error: lint exits with 1.',
};

export const PRESETS: Words = {
  none: 'Nothing but what `rules` names.',
  spec: 'What violates the spec or what the kernel refuses.',
  recommended: 'And what is probably a mistake; the default.',
  hardened: 'And what gives the container more than it needs.',
  strict: 'And all the rest; warnings are errors.',
};

/** Each may have a version behind it, `runc@1.1`. */
export const TARGETS: Words = {
  orlop: '',
  runc: '',
  crun: '',
  youki: '',
};
