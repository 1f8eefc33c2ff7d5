import * as words from '../words/words.ts';
import { below, type Fields, field, required } from './field.ts';

const SECCOMP = 'config-linux.md#seccomp';

const PROFILE: Fields = {
  defaultAction: required('string', SECCOMP, 'What happens to a call that no rule speaks of.', {
    words: words.ACTIONS,
    example: '"SCMP_ACT_ERRNO"',
  }),
  defaultErrnoRet: field('uint32', SECCOMP, 'The errno of SCMP_ACT_ERRNO there; left out, EPERM (1). 38 is ENOSYS.', {
    example: '38',
  }),
  architectures: field('string[]', SECCOMP, 'Whose calls it may make; those of others end it.', {
    words: words.ARCHITECTURES,
  }),
  flags: field('string[]', SECCOMP, 'Flags of the filter, man 2 seccomp.', { words: words.FILTER_FLAGS }),
  listenerPath: field('string', SECCOMP, 'The socket of the agent that SCMP_ACT_NOTIFY asks.'),
  listenerMetadata: field('string', SECCOMP, 'What the agent is told, as it stands.'),
  syscalls: field('object[]', SECCOMP, 'Rules for single calls.'),
  'syscalls/*/names': required('string[]', SECCOMP, 'The calls. Names that a kernel does not know are ignored.', {
    words: words.SYSCALLS,
  }),
  'syscalls/*/action': required('string', SECCOMP, 'What happens to them.', {
    words: words.ACTIONS,
    example: '"SCMP_ACT_ALLOW"',
  }),
  'syscalls/*/errnoRet': field('uint32', SECCOMP, 'The errno of SCMP_ACT_ERRNO; left out, EPERM (1). 38 is ENOSYS.', {
    example: '38',
  }),
  'syscalls/*/args': field('object[]', SECCOMP, 'What their arguments have to be for the rule to hold.'),
  'syscalls/*/args/*/index': required('uint32', SECCOMP, 'Which argument, 0 to 5.', { example: '0' }),
  'syscalls/*/args/*/value': required('uint64', SECCOMP, 'What it is compared with; for SCMP_CMP_MASKED_EQ the mask.', {
    example: '0',
  }),
  'syscalls/*/args/*/valueTwo': field('uint64', SECCOMP, 'What the masked argument is to be, for SCMP_CMP_MASKED_EQ.'),
  'syscalls/*/args/*/op': required('string', SECCOMP, 'How it is compared.', { words: words.OPERATORS }),
};

export const SECCOMP_FIELDS: Fields = below('/linux/seccomp', PROFILE);
