import { fixture } from '../assembly/module.ts';
import { random } from '../assembly/mutation.ts';
import { type Located, splice, values } from '../assembly/values.ts';

/**
 * Mutants that stay JSON and mostly stay specs, so that they come as far as a plan and an image: values are replaced by
 * others of their kind, items come twice or not at all. test/assembly/mutation.ts breaks the bytes themselves.
 */
const configs = ['runc', 'crun', 'docker', 'everything'].map((name) => {
  const text = fixture(name);
  // The document itself is no place: without it nothing is left to look at.
  return { text, places: values(text).slice(1) };
});

const WORDS = [
  '',
  '/',
  '.',
  '..',
  '../../../..',
  '/../x',
  '//a//./b/',
  '/proc/self/exe',
  '/dev/null',
  'rbind',
  'ro',
  'rro',
  'remount',
  'rshared',
  'idmap',
  'size=64k',
  'user',
  'mount',
  'cgroup',
  'tmpfs',
  'proc',
  'RLIMIT_NOFILE',
  'CAP_SYS_ADMIN',
  'SCMP_ACT_KILL',
  'A=',
  '=',
  'PATH=',
  'PATH=:::',
  'HOME=',
  'a:b:c',
  'x\u0000y',
  'line\nline',
  '%s%n%d',
  '\ud83d\udea2',
  'é'.repeat(300),
  'a/'.repeat(50),
  'x'.repeat(1000),
].map((word) => JSON.stringify(word));

const NUMBERS = [
  '0',
  '-0',
  '1',
  '-1',
  '2',
  '511',
  '512',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '-2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '18446744073709551615',
  '18446744073709551616',
];

const OTHERS = ['null', '[]', '{}', '[null]', '{"": {}}'];

type Random = ReturnType<typeof random>;

export function mutants(seed: number): () => string {
  const pick = random(seed);
  return () => mutant(pick);
}

function mutant(pick: Random): string {
  const { text, places } = configs[pick(configs.length)] as (typeof configs)[number];
  const count = 1 + pick(4);
  const chosen = Array.from({ length: count }, () => places[pick(places.length)] as Located);
  // From the end on, so that earlier places stay where they are; what lies in a place that is changed already is left.
  chosen.sort((left, right) => right.start - left.start);
  let result = text;
  let before = text.length;
  for (const place of chosen) {
    if (place.end > before) continue;
    result = splice(result, place.start, place.end, replacement(text, place, pick));
    before = place.memberStart;
  }
  return result;
}

function replacement(text: string, place: Located, pick: Random): string {
  const source = text.slice(place.start, place.end);
  const isItem = !text.slice(place.memberStart, place.start).includes(':');
  switch (pick(6)) {
    case 0:
      return OTHERS[pick(OTHERS.length)] as string;
    case 1:
      // An item twice, or many times.
      return isItem ? Array.from({ length: 2 + pick(200) }, () => source).join() : 'null';
    default:
      if (place.kind === 'string') return WORDS[pick(WORDS.length)] as string;
      if (place.kind === 'number') return NUMBERS[pick(NUMBERS.length)] as string;
      if (place.kind === 'boolean') return source === 'true' ? 'false' : 'true';
      return source.replaceAll(/"(ro|rw|type|path|nosuid)"/g, WORDS[pick(WORDS.length)] as string);
  }
}
