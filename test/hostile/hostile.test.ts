import { expect, test } from 'vitest';
import { fixture } from '../assembly/module.ts';
import { launch, launchMutants } from './launch.ts';

// test/assembly/hostile.test.ts is about what is no spec; these documents mostly are, and are taken through to an image.
// test/system/hostile-launch.test.ts runs some twenty times as many.

const MiB = 2 ** 20;
const encoder = new TextEncoder();

test('3000 configs with other values', () => launchMutants(3000, 1));

/** runc's default with more in it, the time and memory of which a host can afford. */
function bounded(from: string, to: string, memory: number): boolean {
  const text = fixture('runc').replace('"allow": false,', '"allow": true,');
  expect(text).toContain(from);
  const start = performance.now();
  const outcome = launch(encoder.encode(text.replace(from, to)), 0);
  expect(performance.now() - start, 'time in ms').toBeLessThan(5000);
  expect(outcome.memory / MiB, 'memory in MiB').toBeLessThan(memory);
  return outcome.hasImage;
}

const many = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index)).join();

test.each([
  ['arguments', '"sh"', (index: number) => `"${index}"`],
  ['variables', '"TERM=xterm"', (index: number) => `"V${index}=${index}"`],
  ['variables of one name', '"TERM=xterm"', (index: number) => `"TERM=${index}"`],
  ['masked paths', '"/proc/acpi"', (index: number) => `"/x/${index}"`],
  ['sysctls', '"maskedPaths": [', (index: number) => `"x${index}": 0`],
])('20,000 %s', (_, from, each) => {
  const list = many(20_000, each);
  const to = from.startsWith('"maskedPaths') ? `"sysctl": {${list}}, ${from}` : list;
  bounded(from, to, 256);
});

test('20,000 mounts', () => {
  const mount = (index: number) => `{"destination": "/m/${index}", "type": "tmpfs", "source": "x"}`;
  bounded('"mounts": [', `"mounts": [${many(20_000, mount)},`, 1024);
});

test('a path of a million names', () => {
  bounded('"cwd": "/"', `"cwd": "${'/a/..'.repeat(1_000_000)}"`, 512);
});

test('a PATH of 100,000 directories', () => {
  bounded('"TERM=xterm"', `"PATH=${'/a:'.repeat(100_000)}"`, 512);
});

test('an argument of 10 MB', () => {
  bounded('"sh"', `"sh", "${'x'.repeat(10_000_000)}"`, 256);
});
