import { expect } from 'vitest';
import { entries, instantiate, load, type Outcome } from './module.ts';
import { mutant, random } from './mutation.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const ENTRIES = entries();

/** What JSON.parse takes and a reader that must not guess does not; tested by hand in json.test.ts. */
const isStricter = (message: string) => /half of a surrogate pair|nested deeper/.test(message);

function isJson(document: Uint8Array): boolean {
  try {
    // The module skips a byte order mark.
    JSON.parse(decoder.decode(document).replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

/** Runs every entry of the module over a document: none may trap, and what they say has to make sense. */
export function survive(document: Uint8Array, shared?: ReturnType<typeof instantiate>): Outcome[] {
  return ENTRIES.map((entry) => {
    // Nothing is ever freed: what one entry needs is not to be counted for the next.
    const outcome = load(document, shared ?? instantiate())(entry);
    const { errors, diagnostics } = outcome;
    if (diagnostics.length <= 1000) {
      const listed = diagnostics.filter(({ severity }) => severity === 'error').length;
      if (listed !== errors) expect.fail(`${entry} counts ${errors} errors and lists ${listed}`);
    }
    let line = 1;
    for (const finding of diagnostics) {
      if (finding.line < line || finding.column < 1 || finding.endLine < finding.line) {
        expect.fail(`${entry}: not in order: ${JSON.stringify(finding)}`);
      }
      line = finding.line;
    }
    return outcome;
  });
}

/** As many broken configs as asked for; whether they are JSON at all is left to JSON.parse to say. */
export function surviveMutants(count: number, seed: number): void {
  const pick = random(seed);
  let instance = instantiate();
  for (let index = 0; index < count; index++) {
    // An instance is for one document, but making it takes longer than a lint: here a few share one.
    if (index % 25 === 0) instance = instantiate();
    const document = mutant(pick);
    try {
      const findings = survive(document, instance)[0]?.diagnostics ?? [];
      const broken = findings.find(({ name }) => name === 'invalid-json');
      if (isJson(document) ? broken && !isStricter(broken.message) : !broken) {
        expect.fail(broken ? `JSON, but ${broken.message}` : 'no JSON, and nothing was said');
      }
    } catch (cause) {
      const text = Buffer.from(document).toString('base64');
      throw new Error(`mutant ${index} of seed ${seed}: ${(cause as Error).message}\n${text}`, { cause });
    }
  }
}
