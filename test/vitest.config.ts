import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Of what would be unit tests. */
const SLOW = [
  'test/assembly/{conformance,hostile}.test.ts',
  'test/bpf/seccomp.test.ts',
  'test/editor/{fields,tree}.test.ts',
  'test/spec/schema.test.ts',
  'test/{cli/lint,hostile,lsp}/**/*.test.ts',
];

/**
 * unit: fast, without root, on any machine with the built module (`npm run build:wasm`); what `npm run check` runs.
 * slow: the same, but they take their time: hostile input in quantity, proofs, and those that start the command.
 * system: real containers and long runs, as root.
 * browser: the playground and the library in Chromium, without root; after `npm run build`.
 * engines: Podman and containerd with the executable as their runtime, as root; `npm run test:engines`.
 */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/browser/**', 'test/engines/**', ...SLOW],
          // They leave nothing behind in a process: the modules are compiled once for all of its files.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: SLOW,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          // Containers share the host's cgroups and its state directory.
          fileParallelism: false,
          testTimeout: 120_000,
          // A machine that is emulated (test/vm.sh) takes its time.
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // A slow machine draws when it comes to it.
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        test: {
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
