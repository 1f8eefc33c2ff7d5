// Writes fixtures/conformance.md: `npm run build:conformance`.

import { writeFileSync } from 'node:fs';
import { FILE, table } from './table.ts';

writeFileSync(FILE, table());
