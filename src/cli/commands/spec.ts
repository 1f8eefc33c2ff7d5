import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSpec, rootlessSpec } from '../../container/default-spec.ts';
import { OrlopError } from '../../error.ts';
import { type Action, text } from '../command.ts';

const action: Action = (_context, values) => {
  const file = join(text(values, 'bundle') ?? '.', 'config.json');
  const spec = values.rootless ? rootlessSpec(process.geteuid?.() ?? 0, process.getegid?.() ?? 0) : defaultSpec();
  try {
    writeFileSync(file, `${JSON.stringify(spec, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new OrlopError('usage/invalid', `open("${file}", O_CREAT|O_EXCL) failed: EEXIST`, {
      hint: 'the file is there already, and is left as it is: remove it first, or name another --bundle',
    });
  }
  return 0;
};

export default action;
