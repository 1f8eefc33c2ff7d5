import type { Preset } from '../spec/types.ts';

/** What a link carries: all that one has to know to see the same. */
export interface Shared {
  config: string;
  other: string;
  preset: Preset;
  targets: string[];
  tab: string;
}

/** The form of the fragment, which changes if ever `Shared` does: `#1.` and deflated JSON in base64url. */
const VERSION = '1.';

/** More than any document may be long. A link of some kilobytes could unfold to gigabytes. */
const MOST_BYTES = 32 * 2 ** 20;

/** The fragment for a link. Browsers do not send it to the server. */
export async function toFragment(shared: Shared): Promise<string> {
  const stream = new Blob([JSON.stringify(shared)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = await read(stream);
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return VERSION + btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** undefined for a fragment that is none of ours or broken. Of a link only its shape is trusted once it was looked at. */
export async function fromFragment(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(VERSION)) return undefined;
  try {
    const text = atob(fragment.slice(VERSION.length).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return shaped(JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(await read(stream))));
  } catch {
    return undefined;
  }
}

function shaped(value: unknown): Shared | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { config, other, preset, targets, tab } = value as Record<string, unknown>;
  const texts = [config, other, preset, tab];
  if (texts.some((text) => typeof text !== 'string') || !Array.isArray(targets)) return undefined;
  return value as Shared;
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > MOST_BYTES) throw new RangeError(`more than ${MOST_BYTES} bytes`);
    parts.push(part.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
