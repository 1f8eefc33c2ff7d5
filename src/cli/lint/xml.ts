/** What XML 1.0 cannot hold in any spelling: most control characters, and halves of pairs. */
const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${String(value)
          .replaceAll(UNSPEAKABLE, '�')
          .replaceAll(/[&<>"\t\n\r]/g, (sign) => ENTITIES[sign] ?? '')}"`,
    )
    .join('');
}

export function content(text: string): string {
  return text.replaceAll(UNSPEAKABLE, '�').replaceAll(/[&<>\r]/g, (sign) => ENTITIES[sign] ?? '');
}
