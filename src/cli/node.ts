#!/usr/bin/env node
// The command on Node. Nothing is left to be written (output.ts); and Node's own end aborts if a terminal is gone by then.
import { exitNow } from '../linux/process.ts';
import { main } from './main.ts';

exitNow(await main(process.argv.slice(2)));
