import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSpec, rootlessSpec } from '../../container/default-spec.ts';
import { OrlopError } from '../../error.ts';
import { fileError } from '../../linux/file-error.ts';
import { type Action, text } from '../command.ts';

const action: Action = (_context, values) => {
  const file = join(text(values, 'bundle') ?? '.', 'config.json');
  const { geteuid, getegid } = process;
  const spec = values.rootless ? rootlessSpec(geteuid?.() ?? 0, getegid?.() ?? 0) : defaultSpec();
  const content = `${JSON.stringify(spec, null, 2)}\n`;
  try {
    writeFileSync(file, content, { flag: 'wx' });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'write') unlinkSync(file); // no half of it stays
    if (code !== 'EEXIST') throw fileError(error, file, '--bundle');
    throw new OrlopError('usage/invalid', `open("${file}", O_CREAT|O_EXCL) failed: EEXIST`, {
      hint: 'the file is there already, and is left as it is: remove it first, or name another --bundle',
    });
  }
  return 0;
};

export default action;
