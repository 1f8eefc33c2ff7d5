#!/usr/bin/env node
// The command on Node. exitCode, not exit(): what is still on its way to standard output gets there.
import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2));
