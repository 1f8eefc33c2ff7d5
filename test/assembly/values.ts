/** One value of a JSON text and where it stands: what the tests compare the module's places with. */
export interface Located {
  pointer: string;
  kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  start: number;
  end: number;
  line: number;
  /** The place of the member with its key, and the pointer of what it belongs to. */
  memberStart: number;
  parent: string;
}

/** All values of a valid text, outer ones first. Numbers stay text: JSON.parse would round those above 2^53. */
export function values(text: string): Located[] {
  const found: Located[] = [];
  let at = 0;
  const space = () => {
    while (' \n\r\t'.includes(text[at] ?? '-')) at++;
  };
  const string = (): string => {
    const token = /"(?:[^"\\]|\\.)*"/y;
    token.lastIndex = at;
    const match = token.exec(text)?.[0] ?? '""';
    at += match.length;
    return JSON.parse(match) as string;
  };
  const value = (pointer: string, parent: string, memberStart: number) => {
    space();
    const first = text[at] ?? '';
    const place = { pointer, parent, memberStart, start: at, end: at, line: text.slice(0, at).split('\n').length };
    const located: Located = { ...place, kind: kindOf(first) };
    found.push(located);
    if (located.kind === 'object' || located.kind === 'array') {
      at++;
      space();
      for (let index = 0; text[at] !== '}' && text[at] !== ']'; index++) {
        const start = at;
        let step = String(index);
        if (located.kind === 'object') {
          step = string().replaceAll('~', '~0').replaceAll('/', '~1');
          space();
          at++;
        }
        value(`${pointer}/${step}`, pointer, start);
        space();
        if (text[at] === ',') at++;
        space();
      }
      at++;
    } else if (located.kind === 'string') string();
    else while (/[^\s,\]}]/.test(text[at] ?? ' ')) at++;
    located.end = at;
  };
  value('', '', 0);
  return found;
}

function kindOf(first: string): Located['kind'] {
  if (first === '{') return 'object';
  if (first === '[') return 'array';
  if (first === '"') return 'string';
  if (first === 'n') return 'null';
  return first === 't' || first === 'f' ? 'boolean' : 'number';
}

/** The text with something else between two places. */
export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
