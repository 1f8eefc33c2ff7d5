// As much of XML as a drawing has. Whatever else there is, is an error.

export interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

const TOKEN = /<(\/?)([a-z]+)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/** Elements in the order of their beginning. Throws where it is not well-formed. */
export function parseXml(text: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    end = TOKEN.lastIndex;
    const [, isEnd, name = '', attributes = '', isEmpty, characters] = match;
    if (characters !== undefined) {
      const at = open.at(-1);
      if (at) at.text += decode(characters);
      else if (characters.trim() !== '') throw new Error(`text outside of the root: ${characters.slice(0, 40)}`);
    } else if (isEnd) {
      const last = open.pop();
      if (last?.name !== name) throw new Error(`</${name}> ends <${last?.name}>`);
    } else {
      if (open.length === 0 && elements.length > 0) throw new Error(`a second root: <${name}>`);
      const element = { name, attributes: attributesOf(attributes), text: '' };
      elements.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  if (end !== text.length) throw new Error(`no XML: ${JSON.stringify(text.slice(end, end + 60))}`);
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> does not end`);
  return elements;
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z:-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`${name} twice`);
    attributes[name] = decode(value);
  }
  return attributes;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 does not allow
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/;

function decode(text: string): string {
  if (FORBIDDEN.test(text)) throw new Error(`a character that XML has not: ${JSON.stringify(text.slice(0, 60))}`);
  return text.replace(/&([^;]*;?)/g, (whole, entity: string) => {
    const character = ENTITIES[entity.replace(';', '')];
    if (character === undefined || !entity.endsWith(';')) throw new Error(`no entity: ${whole}`);
    return character;
  });
}
