import { describe, expect, test } from 'vitest';
import { renderError } from '../../src/cli/render.ts';
import { attachCause, OrlopError } from '../../src/error.ts';

const shown = (error: OrlopError): string => renderError(error, undefined);

describe('what comes after an error', () => {
  const first = (): OrlopError => new OrlopError('linux/write', 'write("a") failed: EBUSY');

  test('is told below it', () => {
    const error = first();
    attachCause(error, new OrlopError('linux/rmdir', 'rmdir("b") failed: EBUSY'));
    expect(shown(error)).toBe('orlop: write("a") failed: EBUSY\n   = and then: rmdir("b") failed: EBUSY\n');
  });

  test('is not what the message has in other words, nor what Node says of it', () => {
    const wrapped = new OrlopError('linux/write', `uidMappings: ${first().message}`, { cause: first() });
    expect(shown(wrapped)).toBe('orlop: uidMappings: write("a") failed: EBUSY\n');
    expect(shown(new OrlopError('linux/write', 'no', { cause: new Error('EBUSY: busy') }))).toBe('orlop: no\n');
  });
});
