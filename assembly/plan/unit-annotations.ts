import { join } from '../json/text';
import { Pair } from '../spec/value';
import { Planner } from './planner';
import { UnitProperty } from './unit';

/** `org.systemd.property.TimeoutStopUSec: "uint64 5000000"`, as under runc and crun. */
export const PROPERTY_ANNOTATION: string = 'org.systemd.property.';

/** Words of GVariant's text format and what they are in D-Bus; docs.gtk.org/glib/gvariant-text-format.html */
const WORDS: string[] = [
  'boolean',
  'b',
  'byte',
  'y',
  'int16',
  'n',
  'uint16',
  'q',
  'int32',
  'i',
  'uint32',
  'u',
  'int64',
  'x',
  'uint64',
  't',
  'double',
  'd',
  'string',
  's',
];

export function annotatedProperties(planner: Planner): UnitProperty[] {
  const properties: UnitProperty[] = [];
  const annotations = planner.spec.annotations;
  if (!annotations) return properties;
  for (let index = 0; index < annotations.items.length; index++) {
    const annotation = annotations.items[index];
    if (!annotation.key.startsWith(PROPERTY_ANNOTATION)) continue;
    const property = propertyOf(annotation);
    if (property) properties.push(property);
    else {
      planner.error(
        'OCI708',
        annotation.node,
        `"${annotation.key}": "${annotation.value}" is no property of a unit`,
        "write a name of letters, and a value as gdbus has it: true, 'text', uint64 5, ['one', 'two']",
      );
    }
  }
  return properties;
}

function propertyOf(annotation: Pair): UnitProperty | null {
  const name = annotation.key.substring(PROPERTY_ANNOTATION.length);
  if (name.length < 3) return null;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index) | 0x20;
    if (code < 0x61 || code > 0x7a) return null;
  }
  const property = new VariantText(annotation.value).read(name);
  if (!property) return null;
  // man 5 org.freedesktop.systemd1: times are in microseconds there, and named so.
  const stem = name.length - 'Sec'.length;
  if (name.endsWith('Sec') && stem > 0 && name.charCodeAt(stem - 1) >= 0x61) return inMicroseconds(property);
  return property;
}

function inMicroseconds(property: UnitProperty): UnitProperty | null {
  if (!'nqiuxtd'.includes(property.type)) return null;
  const seconds = F64.parseFloat(property.text);
  if (!(seconds >= 0) || seconds > 9.0e12) return null;
  const name = property.name;
  const text = (<u64>Math.round(seconds * 1000000)).toString();
  return new UnitProperty(`${name.substring(0, name.length - 'Sec'.length)}USec`, 't', text);
}

/** A value in GVariant's text format: one word, or a list of texts. */
class VariantText {
  private at: i32 = 0;

  constructor(private text: string) {}

  /** Null for what is none. */
  read(name: string): UnitProperty | null {
    this.skipSpace();
    let type = '';
    const word = this.peekWord();
    const known = WORDS.indexOf(word);
    if (known >= 0 && known % 2 == 0) {
      type = WORDS[known + 1];
      this.at += word.length;
    } else if (this.take('@')) {
      const end = this.text.indexOf(' ', this.at);
      if (end < 0) return null;
      type = this.text.substring(this.at, end);
      this.at = end;
    }
    this.skipSpace();
    const property = this.peek() == '[' ? this.list(name, type) : this.single(name, type);
    this.skipSpace();
    return this.at == this.text.length ? property : null;
  }

  private single(name: string, type: string): UnitProperty | null {
    if (this.peek() == "'" || this.peek() == '"') {
      const text = this.quoted();
      return text != null && (type == '' || type == 's') ? new UnitProperty(name, 's', text) : null;
    }
    const word = this.peekWord();
    this.at += word.length;
    if (word == 'true' || word == 'false') return type == '' || type == 'b' ? new UnitProperty(name, 'b', word) : null;
    if (type == '') type = isInteger(word) ? 'i' : 'd';
    if (type == 'd') return isDecimal(word) ? new UnitProperty(name, 'd', word) : null;
    return isInteger(word) && fits(word, type) ? new UnitProperty(name, type, word) : null;
  }

  private list(name: string, type: string): UnitProperty | null {
    if (type != '' && type != 'as') return null;
    const property = new UnitProperty(name, 'as', '');
    this.at++;
    this.skipSpace();
    if (this.take(']')) return type == 'as' ? property : null;
    do {
      this.skipSpace();
      const text = this.quoted();
      if (text == null) return null;
      property.texts.push(text);
      this.skipSpace();
    } while (this.take(','));
    return this.take(']') ? property : null;
  }

  private quoted(): string | null {
    const quote = this.peek();
    if (quote != "'" && quote != '"') return null;
    const parts: string[] = [];
    let from = ++this.at;
    for (; this.at < this.text.length; this.at++) {
      const letter = this.peek();
      if (letter == quote) {
        parts.push(this.text.substring(from, this.at++));
        return join(parts, '');
      }
      if (letter != '\\') continue;
      parts.push(this.text.substring(from, this.at++));
      const escaped = this.peek();
      const plain = '\\\'"'.includes(escaped) ? escaped : escaped == 'n' ? '\n' : escaped == 't' ? '\t' : '';
      if (plain == '') return null;
      parts.push(plain);
      from = this.at + 1;
    }
    return null;
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private peekWord(): string {
    let end = this.at;
    while (end < this.text.length && !' \t\n,[]'.includes(this.text.charAt(end))) end++;
    return this.text.substring(this.at, end);
  }

  private take(letter: string): bool {
    if (this.peek() != letter) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    while (this.at < this.text.length && ' \t\n'.includes(this.peek())) this.at++;
  }
}

function isDecimal(word: string): bool {
  const parts = word.split('.');
  if (!isInteger(parts[0]) || parts.length > 2) return false;
  return parts.length == 1 || (isInteger(parts[1]) && !parts[1].startsWith('-'));
}

function isInteger(word: string): bool {
  const start = word.startsWith('-') ? 1 : 0;
  if (word.length == start || word.length > 20) return false;
  for (let index = start; index < word.length; index++) {
    const code = word.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Only sizes that a number can leave: 64 bits hold any of 19 digits. */
function fits(word: string, type: string): bool {
  const isNegative = word.startsWith('-');
  if (isNegative && 'yqut'.includes(type)) return false;
  if (type == 't') return word.length < 20 || word <= '18446744073709551615';
  if (type == 'x') return word.length < 19 + <i32>isNegative;
  if (word.length > 11) return false;
  const value = I64.parseInt(word);
  if (type == 'y') return value <= 0xff;
  if (type == 'n') return value >= i16.MIN_VALUE && value <= i16.MAX_VALUE;
  if (type == 'q') return value <= 0xffff;
  if (type == 'u') return value <= 0xffffffff;
  return type == 'i' && value >= i32.MIN_VALUE && value <= i32.MAX_VALUE;
}
