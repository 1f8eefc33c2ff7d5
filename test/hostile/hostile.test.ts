import { describe, expect, test } from 'vitest';
import { fixture } from '../assembly/module.ts';
import { launch, launchMutants } from './launch.ts';

// test/assembly/hostile.test.ts is about what is no spec; these documents mostly are, and are taken through to an image.
// test/system/hostile-launch.test.ts runs a great many more.

const MiB = 2 ** 20;
const encoder = new TextEncoder();

test('1000 configs with other values', () => launchMutants(1000, 1));

const many = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index)).join();

/** runc's default with more in it, within a time and a memory that a host can afford. */
function bounded(from: string, to: string, memory: number): void {
  const text = fixture('runc').replace('"access": "rwm"', '"access": "rwm", "type": "c"');
  expect(text).toContain(from);
  const start = performance.now();
  const outcome = launch(encoder.encode(text.replace(from, to)), 0);
  expect(performance.now() - start, 'time in ms').toBeLessThan(5000);
  expect(outcome.hasImage).toBe(true);
  expect(outcome.memory / MiB, 'memory in MiB').toBeLessThan(memory);
}

describe('much of everything', () => {
  test.each<[string, string, (list: string) => string, (index: number) => string, number]>([
    ['variables', '"TERM=xterm"', (list) => list, (index) => `"V${index}=${index}"`, 64],
    ['variables of one name', '"TERM=xterm"', (list) => list, (index) => `"TERM=${index}"`, 64],
    ['groups', '"gid": 0', (list) => `"gid": 0, "additionalGids": [${list}]`, String, 64],
    ['masked paths', '"/proc/acpi"', (list) => list, (index) => `"/x/${index}"`, 1024],
    ['annotations', '"mounts": [', (list) => `"annotations": {${list}}, "mounts": [`, (index) => `"${index}": ""`, 64],
  ])('20,000 %s', (_, from, to, each, memory) => bounded(from, to(many(20_000, each)), memory));

  test('2000 mounts', () => {
    const mount = (index: number) => `{"destination": "/m/${index}", "type": "tmpfs", "source": "x"},`;
    bounded('"mounts": [', `"mounts": [${Array.from({ length: 2000 }, (_, index) => mount(index)).join('')}`, 256);
  });

  test('a path that comes back to where it was, a million times', () => {
    bounded('"cwd": "/"', `"cwd": "${'/a/..'.repeat(1_000_000)}"`, 512);
  });
});

// Texts put together piece by piece: nothing is freed, so done carelessly the pieces add up with the square of their number.
describe('long texts', () => {
  test('an argument of 8 kB', () => {
    bounded('"sh"', `"sh", "${'x'.repeat(8000)}"`, 64);
  });

  test('1000 arguments', () => {
    bounded('"sh"', `"sh", ${many(1000, (index) => `"${index}"`)}`, 64);
  });

  test('a mount on a path of 500 names', () => {
    bounded('"destination": "/dev/mqueue"', `"destination": "${'/a'.repeat(500)}"`, 64);
  });

  test('a path of 10,000 names', () => {
    bounded('"/proc/acpi"', `"${'/a'.repeat(10_000)}"`, 64);
  });

  test('a sysctl with a name of 1 kB', () => {
    bounded('"maskedPaths"', `"sysctl": {"net.${'a'.repeat(1000)}": "1"}, "maskedPaths"`, 64);
  });
});
