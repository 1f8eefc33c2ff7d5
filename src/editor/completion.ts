// What can be written at the cursor: keys that the object does not have, and words that the value may be.

import type { Assistant } from './assistant.ts';
import type { Field } from './fields/index.ts';
import { type Insertion, insertionOf, itemParts, quoted, valueParts } from './insertion.ts';
import { type Node, type Place, placeAt, type Span, type Tree } from './tree.ts';

export interface Completion extends Span {
  label: string;
  kind: 'key' | 'value';
  /** The type of a key. */
  detail?: string;
  /** Markdown. */
  about: string;
  /** Where the spec speaks of it. */
  reference?: string;
  isDeprecated: boolean;
  isRequired: boolean;
  /** What replaces start to end. */
  insertion: Insertion;
  /** Where a comma is missing in front of it. */
  comma?: number;
}

export function complete(assistant: Assistant, tree: Tree, offset: number): Completion[] {
  const place = placeAt(tree, offset);
  if (place.child && isBehind(place.child, place.isInKey, offset)) return [];
  if (place.container === undefined) return outside(assistant, tree, place, offset);
  const open = valueAt(tree, place, offset);
  if (open) return values(assistant, tree, open, open.kind === 'missing' ? here(offset) : open);
  const pattern = assistant.patternOf(place.container);
  if (pattern === undefined) return [];
  if (place.container.kind === 'array') return items(assistant, tree, place.container, pattern, offset);
  return keys(assistant, tree, place, pattern, offset);
}

const here = (offset: number): Span => ({ start: offset, end: offset });

/** Behind a string or an object that is complete there is nothing to complete. */
function isBehind(child: Node, isInKey: boolean, offset: number): boolean {
  if (isInKey) return offset === child.key?.end && child.afterColon !== undefined;
  return child.kind !== 'word' && child.isClosed && offset === child.end;
}

/** The value that the cursor is in, or that is missing where it is. */
function valueAt({ text }: Tree, { container, child, isInKey }: Place, offset: number): Node | undefined {
  if (child) return isInKey || (child.kind === 'missing' && child.afterColon === undefined) ? undefined : child;
  const last = container?.children.findLast((one) => (one.key?.start ?? one.start) < offset);
  if (last?.kind !== 'missing' || last.afterColon === undefined) return undefined;
  return text.slice(last.afterColon, offset).trim() === '' ? last : undefined;
}

/** The whole document, where there is none yet. */
function outside(assistant: Assistant, { text, root }: Tree, { child }: Place, offset: number): Completion[] {
  if (root && root !== child) return [];
  if (root && root.kind !== 'word') return [];
  const insertion = insertionOf(itemParts(assistant.schema, ''));
  const span = root ?? here(text.trim() === '' ? offset : text.length);
  const about = 'A document to start from.';
  return [{ ...optional, start: span.start, end: span.end, label: '{ }', kind: 'value', about, insertion }];
}

const optional = { isDeprecated: false, isRequired: false };

function keys(assistant: Assistant, tree: Tree, place: Place, pattern: string, offset: number): Completion[] {
  const object = place.container as Node;
  const span = place.isInKey && place.child?.key ? place.child.key : bareWord(tree.text, offset);
  const taken = new Set(object.children.filter((one) => one !== place.child).map(({ key }) => key?.text));
  const hasValue = place.isInKey && place.child?.afterColon !== undefined;
  const around = { start: span.start, end: span.end, kind: 'key' as const, ...missingComma(tree, object, span) };
  const after = hasValue || !needsComma(tree.text, span.end) ? '' : ',';

  const fields = [...assistant.schema.of(pattern)].filter(([key]) => key !== '*' && !taken.has(key));
  const named = fields.map(([key, field]): Completion => {
    const parts = hasValue ? [] : [': ', ...valueParts(assistant.schema, `${pattern}/${key}`, field), after];
    const { type: detail, about, reference, isDeprecated, isRequired } = field;
    const insertion = insertionOf([quoted(key), ...parts]);
    return { ...around, label: key, detail, about, reference, isDeprecated, isRequired, insertion };
  });
  const free = Object.entries(assistant.keysOf(pattern) ?? {}).filter(([key]) => !taken.has(key));
  const owner = assistant.schema.at(pattern);
  return named.concat(
    free.map(([key, about]): Completion => {
      const value = owner?.type === 'string{}' ? ['"', { text: '' }, '"'] : itemParts(assistant.schema, `${pattern}/*`);
      const insertion = insertionOf([quoted(key), ...(hasValue ? [] : [': ', ...value, after])]);
      return { ...around, ...optional, label: key, about, insertion };
    }),
  );
}

function items(assistant: Assistant, tree: Tree, array: Node, pattern: string, offset: number): Completion[] {
  const field = assistant.schema.at(pattern);
  if (!field) return [];
  const span = here(offset);
  if (field.type !== 'object[]') return words(assistant, tree, array, array, pattern, field, span);
  const parts = [...itemParts(assistant.schema, `${pattern}/*`), needsComma(tree.text, offset) ? ',' : ''];
  const required = [...assistant.schema.of(`${pattern}/*`)].filter(([, { isRequired }]) => isRequired);
  const label = `{ ${required.map(([key]) => key).join(', ')} }`;
  const { about, reference } = field;
  const place = { ...span, ...missingComma(tree, array, span) };
  return [{ ...optional, ...place, label, kind: 'value', about, reference, insertion: insertionOf(parts) }];
}

function values(assistant: Assistant, tree: Tree, node: Node, span: Span): Completion[] {
  const pattern = assistant.patternOf(node);
  if (pattern === undefined) return [];
  const field = assistant.fieldOf(pattern);
  if (!field) return [];
  if (node.kind === 'object' || node.kind === 'array') return [];
  return words(assistant, tree, node, node.parent as Node, pattern, field, span);
}

/** The words of a value or item; those that its array has already are left out. */
function words(
  assistant: Assistant,
  tree: Tree,
  node: Node,
  container: Node,
  pattern: string,
  field: Field,
  span: Span,
): Completion[] {
  const isArray = container.kind === 'array';
  const taken = new Set(isArray ? container.children.filter((one) => one !== node).map(({ text }) => text) : []);
  const after = needsComma(tree.text, span.end) ? ',' : '';
  const place = { start: span.start, end: span.end, kind: 'value' as const };
  const comma = isArray ? missingComma(tree, container, span) : {};
  const { reference } = field;
  const known = assistant.wordsFor(node, pattern);
  if (known) {
    return Object.entries(known)
      .filter(([word]) => !taken.has(word))
      .map(([label, about]) => {
        const insertion = insertionOf([quoted(label), after]);
        return { ...optional, ...place, ...comma, label, about, reference, insertion };
      });
  }
  // An array whose items are free: nothing is better than what is there.
  if (isArray || node.kind === 'string') return [];
  const written = field.type === 'boolean' ? ['true', 'false'] : field.example === undefined ? [] : [field.example];
  if (written.length === 0) {
    const insertion = insertionOf([...valueParts(assistant.schema, pattern, field), after]);
    return [{ ...optional, ...place, label: insertion.text, about: field.about, reference, insertion }];
  }
  return written.map((label) => {
    const insertion = insertionOf([label, after]);
    return { ...optional, ...place, label, about: field.about, reference, insertion };
  });
}

/** Letters without quotes, which are going to be a key. */
function bareWord(text: string, offset: number): Span {
  let start = offset;
  let end = offset;
  while (start > 0 && /[\w.-]/.test(text[start - 1] as string)) start--;
  while (end < text.length && /[\w.-]/.test(text[end] as string)) end++;
  return { start, end };
}

/** Whether something follows that a comma has to separate. */
function needsComma(text: string, end: number): boolean {
  const next = /[^\s]/g;
  next.lastIndex = end;
  const character = next.exec(text)?.[0] ?? '}';
  return !',]}:'.includes(character);
}

function missingComma({ text }: Tree, container: Node, span: Span): { comma?: number } {
  const previous = container.children.findLast((one) => (one.key?.start ?? one.start) < span.start);
  if (!previous || text.slice(previous.end, span.start).trim() !== '') return {};
  return previous.kind === 'missing' ? {} : { comma: previous.end };
}
