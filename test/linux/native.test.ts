import { afterEach, expect, test } from 'vitest';

const { platform } = process;
afterEach(() => Object.defineProperty(process, 'platform', { value: platform }));

test('elsewhere than on Linux nothing is loaded, and it says what works there', async () => {
  // One of its own: other files of this process may have loaded koffi.
  const file = new URL('../../src/linux/native.ts?elsewhere', import.meta.url).href;
  const { koffi } = (await import(file)) as typeof import('../../src/linux/native.ts');
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  expect(() => koffi()).toThrow(
    expect.objectContaining({
      code: 'linux/platform',
      message: 'containers are made on Linux, and this is darwin',
      hint: '"orlop lint" and "orlop lsp" work here too',
    }),
  );
});
