import { readFileSync, writeFileSync } from 'node:fs';
import { OrlopError } from '../error.ts';
import { naming } from '../linux/file-error.ts';
import { print } from './output.ts';

/** `-` is standard output. What is there and no drawing stays: a config named by mistake would be gone. */
export function writeSvg(file: string, svg: string): void {
  if (file === '-') {
    print(svg);
    return;
  }
  if (!isDrawing(file)) {
    throw new OrlopError('usage/invalid', `--graph ${file}: the file is there, and is no SVG`, {
      hint: 'name a file to write, such as plan.svg, or - for standard output',
    });
  }
  naming(file, undefined, () => writeFileSync(file, svg));
}

/** Or nothing yet. */
function isDrawing(file: string): boolean {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' || /^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/.test(text);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
