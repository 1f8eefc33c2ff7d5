import type { Device, Outcome } from '../outcome.ts';
import { type Changes, pairs } from './change.ts';

export function diffDevices(changes: Changes, before: Outcome, after: Outcome): void {
  diffRules(changes, before.deviceRules, after.deviceRules);
  for (const [name, was, is] of pairs(before.devices, after.devices, ({ file }) => file)) {
    const places = { before: was?.place, after: is?.place };
    if (!was && is) changes.add('device', 'gains', 46, `gains the device file ${inWords(is)}`, places);
    else if (was && !is) changes.add('device', 'loses', 46, `loses the device file ${inWords(was)}`, places);
    else if (was && is && isOther(was, is)) {
      changes.add('device', 'changes', 46, `${name} is ${inWords(is)} instead of ${inWords(was)}`, places);
    }
  }
}

/** One that is the host's own has the mode that it has there. */
function isOther(was: Device, is: Device): boolean {
  const isSame = was.type === is.type && was.major === is.major && was.minor === is.minor;
  return !isSame || (!was.bound && !is.bound && was.fileMode !== is.fileMode);
}

function inWords({ file, type, major, minor, fileMode }: Device): string {
  const numbers = type === 'p' ? 'FIFO' : `${type} ${major}:${minor}`;
  return `${file} (${numbers}${fileMode === undefined ? '' : `, mode 0${fileMode.toString(8)}`})`;
}

const ACCESS: Readonly<Record<string, string>> = { r: 'read', w: 'write', m: 'make nodes of' };

function diffRules(changes: Changes, old: Outcome['deviceRules'], now: Outcome['deviceRules']): void {
  const places = { before: old?.place, after: now?.place };
  const wasOpen = old === undefined || old.isOpen;
  const isOpen = now === undefined || now.isOpen;
  if (!wasOpen && isOpen) {
    const but = now && now.exceptions.length > 0 ? ' but those that are denied' : '';
    changes.add('device', 'gains', 92, `may use every device of the host${but}`, places);
    return;
  }
  if (wasOpen && !isOpen) {
    changes.add('device', 'loses', 92, 'may use only devices that are allowed', places);
    return;
  }
  for (const [text, was, is] of pairs(old?.exceptions ?? [], now?.exceptions ?? [], (one) => one.text)) {
    if (was && is) continue;
    const isAllowed = (is !== undefined) !== isOpen;
    const weight = text.startsWith('b') ? 72 : 58;
    const rule = { before: was?.place, after: is?.place };
    changes.add(
      'device',
      isAllowed ? 'gains' : 'loses',
      weight,
      `may ${isAllowed ? '' : 'no longer '}${access(text)}`,
      rule,
    );
  }
}

/** `read, write /dev node c 10:229` for `c 10:229 rwm`. */
function access(rule: string): string {
  const [type, numbers = '', letters = ''] = rule.split(' ');
  const verbs = [...letters].map((letter) => ACCESS[letter] ?? letter);
  const last = verbs.pop() ?? '';
  const list = verbs.length > 0 ? `${verbs.join(', ')} and ${last}` : last;
  const kind = type === 'b' ? 'block' : 'character';
  return numbers === '*:*' ? `${list} all ${kind} devices` : `${list} the ${kind} device ${numbers}`;
}
