import { Severity } from '../report';
import { Explanation, Preset, Rule } from './rule';

/** Only who has linted all documents of a config file knows that none needed it: the command line reports it. */
export class UnusedIgnore extends Rule {
  constructor() {
    super('OCI017', Severity.WARNING, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'an ignore of .orlop.json that no config needed',
      'What it was for has been mended, or its path has moved: then it hides whatever comes to that place next.',
      '',
      '',
      'README.md, Lint',
    );
  }
}
