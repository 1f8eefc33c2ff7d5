import { Assistant } from '../../src/editor/assistant.ts';
import { type Completion, complete } from '../../src/editor/completion.ts';
import { SPEC } from '../../src/editor/fields/index.ts';
import { type Hover, hover } from '../../src/editor/hover.ts';
import { parseTree, type Tree } from '../../src/editor/tree.ts';
import { SYSCALLS } from '../../src/editor/words/words.ts';
import { linter } from '../lint/linting.ts';

const calls = Object.fromEntries(linter.systemCalls().map((name) => [name, '']));
export const assistant = new Assistant(SPEC, new Map([[SYSCALLS, calls]]));

/** A text in which `|` is the cursor. */
export function atCursor(marked: string): { tree: Tree; offset: number } {
  const offset = marked.indexOf('|');
  if (offset < 0 || marked.includes('|', offset + 1)) throw new Error(`not one cursor: ${marked}`);
  return { tree: parseTree(marked.slice(0, offset) + marked.slice(offset + 1)), offset };
}

export function completionsAt(marked: string): Completion[] {
  const { tree, offset } = atCursor(marked);
  return complete(assistant, tree, offset);
}

export function hoverAt(marked: string): Hover | undefined {
  const { tree, offset } = atCursor(marked);
  return hover(assistant, tree, offset);
}

/** The text with a completion applied as editors without tab stops do. */
export function completed(marked: string, label: string): string {
  const { tree, offset } = atCursor(marked);
  const found = complete(assistant, tree, offset).find((one) => one.label === label);
  if (!found) throw new Error(`"${label}" is not offered in ${marked}`);
  const { text } = tree;
  const end = `${found.insertion.text}${text.slice(found.end)}`;
  if (found.comma === undefined) return text.slice(0, found.start) + end;
  return `${text.slice(0, found.comma)},${text.slice(found.comma, found.start)}${end}`;
}
