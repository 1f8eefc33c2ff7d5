import type { Assistant } from './assistant.ts';
import type { Field } from './fields/index.ts';
import { linkOf } from './reference.ts';
import { type Node, placeAt, type Span, type Tree } from './tree.ts';

export interface Hover extends Span {
  /** Markdown. */
  text: string;
}

/** What the key or value at a place means. */
export function hover(assistant: Assistant, tree: Tree, offset: number): Hover | undefined {
  const { child, isInKey } = placeAt(tree, offset);
  const pattern = child && assistant.patternOf(child);
  if (!child || pattern === undefined) return undefined;
  const field = assistant.schema.at(pattern);
  const span = isInKey && child.key ? child.key : child;
  const about = isInKey ? keyAbout(assistant, pattern, child) : valueAbout(assistant, pattern, child);
  const paragraphs = [about, field && fieldAbout(pattern, field)].filter((one) => one !== undefined);
  if (paragraphs.length === 0) return undefined;
  return { start: span.start, end: span.end, text: paragraphs.join('\n\n---\n\n') };
}

export function fieldAbout(pattern: string, { type, about, reference, isRequired, isDeprecated }: Field): string {
  const title = `**${pattern}** · ${type}${isRequired ? ' · required' : ''}${isDeprecated ? ' · deprecated' : ''}`;
  return [title, about, linkedReference(reference)].filter((one) => one !== '').join('\n\n');
}

/** As a link where there is a page to link to. */
export function linkedReference(reference: string): string {
  const link = linkOf(reference);
  return link === undefined ? reference : `[${reference}](${link})`;
}

/** A free key, or one that other tools may know. */
function keyAbout(assistant: Assistant, pattern: string, { key }: Node): string | undefined {
  if (!pattern.endsWith('/*')) return undefined;
  return worded(key?.text ?? '', assistant.keysOf(pattern.slice(0, -2)));
}

function valueAbout(assistant: Assistant, pattern: string, node: Node): string | undefined {
  if (node.kind === 'string') return worded(node.text, assistant.wordsFor(node, pattern));
  return node.kind === 'word' ? numberAbout(pattern, node.text) : undefined;
}

function worded(word: string, words: Readonly<Record<string, string>> | undefined): string | undefined {
  if (!words || !Object.hasOwn(words, word)) return undefined;
  return words[word] ? `**${word}**: ${words[word]}` : `**${word}**`;
}

/** Numbers as people think of them: modes in octal, memory in binary units. */
function numberAbout(pattern: string, text: string): string | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  if (/\/(fileMode|umask)$/.test(pattern)) return `${text} is \`0${BigInt(text).toString(8)}\` in octal.`;
  if (!/\/(memory|hugepageLimits\/\*)\/(limit|reservation|swap|kernel|kernelTCP)$/.test(pattern)) return undefined;
  const bytes = Number(text);
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 6);
  const size = bytes / 1024 ** power;
  return power === 0 ? undefined : `${text} is ${Number(size.toFixed(2))} ${'KMGTPE'[power - 1]}iB.`;
}
