import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { Value } from '../spec/value';
import { hasNul } from './paths';
import { Planner } from './planner';
import { Step, TextStep, Verb } from './step';

/**
 * man 7 session-keyring: the keys of whoever starts the container are not its own. By name, so that all processes of the
 * container share one. Its label is that of the process.
 */
export class KeyringStep extends Step {
  constructor(
    public name: string,
    public label: string,
    node: i32,
  ) {
    super(Verb.KEYRING, node);
  }

  override describe(): string {
    return `keyring ${this.name}`;
  }

  override write(writer: Writer): void {
    writer.field('name', this.name);
    if (this.label != '') writer.field('label', this.label);
  }
}

export function planKeyring(planner: Planner): void {
  if (planner.request.noNewKeyring) return;
  const process = planner.spec.process;
  const label = process ? selinuxLabel(process) : null;
  const name = `_ses.${planner.request.id}`;
  planner.add(new KeyringStep(name, label ? label.value : '', label ? label.node : -1));
}

/** runtime-spec config.md#linux-process: what execve changes to. Written before the user and the capabilities change. */
export function planSecurity(planner: Planner, process: Process): void {
  const profile = process.apparmorProfile;
  if (profile && profile.value != '' && isUsable(planner, profile, 'AppArmor', 'process.apparmorProfile'))
    planner.add(new TextStep(Verb.APPARMOR, 'profile', profile.value, profile.node));
  const label = selinuxLabel(process);
  if (label && isUsable(planner, label, 'SELinux', 'process.selinuxLabel'))
    planner.add(new TextStep(Verb.SELINUX, 'label', label.value, label.node));
}

function selinuxLabel(process: Process): Value<string> | null {
  const label = process.selinuxLabel;
  return label && label.value != '' ? label : null;
}

/** runtime-spec config-linux.md#mount-label: '' for none. */
export function mountLabel(planner: Planner): string {
  const linux = planner.spec.linux;
  const label = linux ? linux.mountLabel : null;
  return label ? label.value : '';
}

export function checkMountLabel(planner: Planner): void {
  const linux = planner.spec.linux;
  const label = linux ? linux.mountLabel : null;
  if (label && label.value != '') isUsable(planner, label, 'SELinux', 'linux.mountLabel');
}

/** A container that starts without the confinement that it asks for would be worse than none. */
function isUsable(planner: Planner, value: Value<string>, module: string, field: string): bool {
  if (hasNul(value.value)) {
    planner.error('OCI013', value.node, `${field} holds a NUL character`, 'remove it');
    return false;
  }
  if (planner.facts.security.includes(module.toLowerCase())) return true;
  planner.error(
    'OCI123',
    value.node,
    `${field} is "${value.value}", and this host does not have ${module} enabled`,
    `boot with ${module} (/sys/kernel/security/lsm lists the modules that are), or remove the field`,
  );
  return false;
}
