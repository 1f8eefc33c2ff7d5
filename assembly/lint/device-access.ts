import { Severity } from '../report';
import { DeviceRule } from '../spec/resources';
import { Value } from '../spec/value';
import { Context } from './context';
import { deviceRulesOf } from './devices';
import { Explanation, Preset, Rule } from './rule';

export class OpenDeviceCgroup extends Rule {
  constructor() {
    super('OCI918', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the device rules allow everything, or do not begin with a deny of everything',
      'With CAP_MKNOD the process makes itself any disk of the host, and reads it.',
      '{"linux":{"resources":{"devices":[{"allow":true,"access":"rwm"}]}}}',
      '{"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"}]}}}',
      'runtime-spec config-linux.md#allowed-device-list; man 7 cgroups, devices',
    );
  }

  /** Making nodes of all devices is what every engine allows: without read and write they are of no use. */
  override check(context: Context): void {
    const rules = deviceRulesOf(context);
    // Nobody makes nodes in a user namespace, and the device files of the host have their own permissions.
    if (rules.length == 0 && context.hasNamespace('user')) return;
    const node = rules.length == 0 ? context.placeOfResources() : rules[0].node;
    if (rules.length == 0 || (isOfAll(rules[0]) && isAllowed(rules[0]) && !opens(rules[0]))) {
      this.found(context, node, 'the device rules do not begin with a deny of all devices', HELP);
      return;
    }
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index];
      if (!isAllowed(rule) || !isOfAll(rule) || !opens(rule) || context.findings.omits(this.id, Severity.WARNING))
        continue;
      this.found(context, rule.node, `all ${typeOf(rule)}devices are allowed`, 'allow those that the program needs');
    }
    if (isAllowed(rules[0]) && !isOfAll(rules[0])) {
      this.found(context, node, 'the device rules do not begin with a deny of all devices', HELP);
    }
  }
}

const HELP = 'begin with { "allow": false, "access": "rwm" }';

function isAllowed(rule: DeviceRule): bool {
  const allow = rule.allow;
  return allow != null && allow.value;
}

function isOfAll(rule: DeviceRule): bool {
  return isAny(rule.major) && isAny(rule.minor);
}

function isAny(number: Value<i64> | null): bool {
  return !number || number.value < 0;
}

/** Reading or writing. */
function opens(rule: DeviceRule): bool {
  const access = rule.access;
  return !access || access.value == '' || access.value.includes('r') || access.value.includes('w');
}

function typeOf(rule: DeviceRule): string {
  const type = rule.type;
  return type && type.value == 'b' ? 'block ' : type && type.value == 'c' ? 'character ' : '';
}
