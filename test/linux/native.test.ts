import { afterEach, expect, test } from 'vitest';
import { koffi } from '../../src/linux/native.ts';

const { platform } = process;
afterEach(() => Object.defineProperty(process, 'platform', { value: platform }));

test('elsewhere than on Linux nothing is loaded, and it says what works there', () => {
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  expect(() => koffi()).toThrow(
    expect.objectContaining({
      code: 'linux/platform',
      message: 'containers are made on Linux, and this is darwin',
      hint: '"orlop lint" and "orlop lsp" work here too',
    }),
  );
});
