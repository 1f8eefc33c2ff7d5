import { readdirSync, readFileSync } from 'node:fs';

/** `major:minor` of a whole disk; empty if there is none. */
export function disk(): string {
  const name = readdirSync('/sys/block').find((one) => !/^(loop|ram|zram|sr|fd)/.test(one));
  return name === undefined ? '' : readFileSync(`/sys/block/${name}/dev`, 'utf8').trim();
}
