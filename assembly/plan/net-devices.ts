import { Writer } from '../json/writer';
import { NetDevice } from '../spec/linux';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** include/uapi/linux/if.h: IFNAMSIZ less the NUL */
const LONGEST_NAME: i32 = 15;

/** A network device of the host that goes to the container's network namespace, with its addresses. */
export class NetDeviceStep extends Step {
  constructor(
    public name: string,
    /** In the container; with one `%d` the kernel finds a number. */
    public newName: string,
    node: i32,
  ) {
    super(Verb.NET_DEVICE, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return this.name == this.newName ? `network device ${this.name}` : `network device ${this.name} as ${this.newName}`;
  }

  override write(writer: Writer): void {
    writer.field('name', this.name);
    writer.field('newName', this.newName);
  }
}

/** runtime-spec config-linux.md#network-devices: before hooks and sysctls, which may be about them. */
export function planNetDevices(planner: Planner): void {
  const linux = planner.spec.linux;
  const devices = linux ? linux.netDevices : null;
  if (!devices || devices.items.length == 0) return;
  if (!planner.needs('network', 'OCI605', 'netDevices', devices.node)) return;
  const taken = new Set<string>();
  for (let index = 0; index < devices.items.length; index++) planNetDevice(planner, devices.items[index], taken);
}

function planNetDevice(planner: Planner, device: NetDevice, taken: Set<string>): void {
  if (!isName(device.key)) {
    refuse(planner, device.node, `"${device.key}" is no name of a network device`, 'the key is its name on the host');
    return;
  }
  const value = device.name;
  const name = value && value.value != '' ? value.value : device.key;
  const node = value ? value.node : device.node;
  const template = name.replace('%d', '0');
  if (!isName(template) || name.length > LONGEST_NAME || template.includes('%')) {
    const help = 'it has 1 to 15 bytes without "/", ":" and spaces; one "%d" in it stands for a number';
    refuse(planner, node, `"${name}" is no name for a network device`, help);
    return;
  }
  if (template == name) {
    if (taken.has(name)) {
      refuse(planner, node, `two network devices would be called "${name}"`, 'rename one of them');
      return;
    }
    taken.add(name);
  }
  planner.add(new NetDeviceStep(device.key, name, device.node));
}

/** net/core/dev.c: dev_valid_name() */
function isName(name: string): bool {
  if (name == '' || name == '.' || name == '..' || String.UTF8.byteLength(name) > LONGEST_NAME) return false;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    // isspace() of the kernel's latin-1, and what a terminal would not show
    if (code <= 0x20 || code == 0x2f || code == 0x3a || code == 0x7f || code == 0xa0) return false;
  }
  return true;
}

function refuse(planner: Planner, node: i32, message: string, help: string): void {
  planner.error('OCI605', node, message, help);
}
