import { Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { Explanation, Fixable, Preset, Rule } from './rule';

export class DuplicateEnv extends Rule {
  constructor() {
    super('OCI106', Severity.WARNING, Preset.RECOMMENDED, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'an environment variable is set twice',
      'runc keeps the last value, others hand both to the program, whose library then takes the first.',
      '{"process":{"env":["PATH=/bin","MODE=a","MODE=b"]}}',
      '{"process":{"env":["PATH=/bin","MODE=b"]}}',
      'runtime-spec config.md#process; man 7 environ',
    );
  }

  override check(context: Context): void {
    const process = context.process;
    const env = process ? process.env : null;
    if (!env) return;
    const seen = new Map<string, i32>();
    for (let index = 0; index < env.items.length; index++) {
      const item = env.items[index];
      const equals = item.value.indexOf('=');
      if (equals <= 0) continue;
      const name = item.value.substring(0, equals);
      if (seen.has(name)) {
        const first = seen.get(name);
        const finding = this.found(
          context,
          item.node,
          `the environment variable ${name} is set twice`,
          'keep one of them; runc takes the last',
        ).relate(first, 'set here first');
        fixing(context.document, finding, `remove the first ${name}`, false).remove(first);
      }
      seen.set(name, item.node);
    }
  }
}
