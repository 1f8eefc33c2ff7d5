import { expect } from 'vitest';
import { type Patch, shell, type Workplace } from './bundle.ts';
import type { CallOptions, Orlop } from './orlop.ts';

/** Runs lines of shell in containers of their own, and answers what they write. */
export class Inside {
  private readonly place: Workplace;
  private readonly orlop: Orlop;

  constructor(place: Workplace, orlop: Orlop) {
    this.place = place;
    this.orlop = orlop;
  }

  lines(line: string, ...patches: Patch[]): string[] {
    return this.linesWith({}, [], line, ...patches);
  }

  /** `words` are options of run. */
  linesWith(options: CallOptions, words: string[], line: string, ...patches: Patch[]): string[] {
    const bundle = this.place.bundle(shell(line), ...patches);
    const result = this.orlop.call(['run', '-b', bundle.directory, ...words, this.place.id()], options).ok();
    expect(result.stderr).toBe('');
    return result.lines;
  }
}
