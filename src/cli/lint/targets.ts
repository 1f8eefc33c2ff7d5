import { OrlopError } from '../../error.ts';
import { readInput } from '../input.ts';

/** `runc@1.1`; all else is the file of a features document. */
export function isRuntimeName(target: string): boolean {
  return !/[./]/.test(target.split('@')[0] ?? '');
}

/** What `RUNTIME features` has printed. */
export function featuresIn(file: string): object {
  const text = readInput(file).toString('utf8');
  let features: unknown;
  try {
    features = JSON.parse(text);
  } catch (cause) {
    throw noFeatures(file, `is no JSON: ${(cause as Error).message}`);
  }
  if (typeof features !== 'object' || features === null || Array.isArray(features))
    throw noFeatures(file, 'is no object');
  return features;
}

function noFeatures(file: string, what: string): OrlopError {
  return new OrlopError('usage/invalid', `${file} ${what}`, {
    hint: 'a target is the name of a runtime, as runc@1.1, or a file with what "RUNTIME features" prints',
  });
}
