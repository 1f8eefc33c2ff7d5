/** The nonce of index.html, for the styles that the editor makes. A script sees it, a document does not tell it. */
export function styleNonce(): string {
  return document.querySelector('style')?.nonce ?? '';
}

/** spec.wasm as the build has put it into the page: gzip in base64, since a page that is a file cannot fetch. */
export function embeddedModule(): Response {
  const text = atob(dataOf('spec.wasm'));
  const bytes = new Uint8Array(text.length);
  // Not Uint8Array.from(): its callback costs as much as all the rest of this.
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));
}

export interface Example {
  title: string;
  text: string;
}

/** Configs to start from. The first one is there when the page opens. */
export function examples(): Example[] {
  return JSON.parse(dataOf('examples.json')) as Example[];
}

function dataOf(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}
