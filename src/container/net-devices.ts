import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import {
  isPermanent,
  type Link,
  type LinkAddress,
  NetlinkError,
  ownNetworkNamespace,
  RouteSocket,
} from '../linux/netlink.ts';
import type { NetDeviceStep } from '../spec/types.ts';
import type { Compiled } from './compiler.ts';

/** A device that has left the host, as it was there. */
interface Moved {
  link: Link;
  newName: string;
  /** What was in the container's namespace before. */
  before: Link[];
  addresses: LinkAddress[];
}

/**
 * runtime-spec config-linux.md#network-devices: devices go to the container with their permanent global addresses, and
 * are up there. They stay: when the namespace ends the kernel gives physical ones back, and virtual ones are gone. Only a
 * create that fails brings back what it has taken, with its addresses; routes the kernel has forgotten by then.
 */
export class NetDevices {
  private inside: RouteSocket | undefined;
  private readonly moved: Moved[] = [];

  /** `fd` is a netlink socket of the container's namespace, which is this object's from here on. */
  move(compiled: Compiled, fd: number | undefined): void {
    if (fd === undefined) throw new OrlopError('core/crash', 'the launch image sent no socket for its devices');
    const inside = new RouteSocket(fd);
    this.inside = inside;
    const { plan, document } = compiled;
    const steps = plan.steps.filter((step) => step.verb === 'net-device') as NetDeviceStep[];
    const outside = RouteSocket.open();
    const namespace = inside.namespace();
    try {
      for (const step of steps) {
        try {
          this.moveOne(step, outside, inside, namespace);
        } catch (cause) {
          if (!(cause instanceof NetlinkError)) throw cause;
          throw new OrlopError('launch/failed', `network device ${step.name} failed: ${cause.message}`, {
            ...document.place(step.step),
            hint: hintFor(cause.errno),
          });
        }
      }
    } finally {
      close(namespace);
      outside.close();
    }
  }

  private moveOne(step: NetDeviceStep, outside: RouteSocket, inside: RouteSocket, namespace: number): void {
    const link = outside.link(step.name);
    if (!link) throw new NetlinkError(`the host has no device "${step.name}": ENODEV (no such device)`, 'ENODEV');
    const before = inside.links();
    // The kernel would move the device first, and only then find its new name taken.
    if (before.some(({ name }) => name === step.newName)) {
      const message = `the container's network namespace has a device "${step.newName}" already: EEXIST (file exists)`;
      throw new NetlinkError(message, 'EEXIST');
    }
    const addresses = outside.addresses(link.index);
    this.moved.push({ link, newName: step.newName, before, addresses });
    outside.move(link, namespace, step.newName);
    const arrived = newcomer(inside, before, step.newName);
    if (!arrived) throw new NetlinkError(`"${step.newName}" has not arrived: ENODEV (no such device)`, 'ENODEV');
    for (const address of addresses.filter(isPermanent)) inside.addAddress(arrived, address);
    inside.setUp(arrived);
  }

  /** Brings back what has been moved, after an error; of its own errors it answers the first. */
  giveBack(): unknown {
    const { inside } = this;
    if (!inside || this.moved.length === 0) return undefined;
    let first: unknown;
    let outside: RouteSocket | undefined;
    let namespace: number | undefined;
    try {
      outside = RouteSocket.open();
      namespace = ownNetworkNamespace();
      for (const moved of this.moved.splice(0).reverse()) {
        try {
          bringBack(moved, outside, inside, namespace);
        } catch (error) {
          first ??= error;
        }
      }
    } catch (error) {
      first ??= error;
    } finally {
      if (namespace !== undefined) close(namespace);
      outside?.close();
    }
    return first;
  }

  close(): void {
    this.inside?.close();
    this.inside = undefined;
  }
}

/** It has its new name, or its old one if the move has failed half way, or has never left. */
function bringBack(
  { link, newName, before, addresses }: Moved,
  outside: RouteSocket,
  inside: RouteSocket,
  namespace: number,
) {
  if (outside.link(link.name)?.index === link.index) return;
  const there = newcomer(inside, before, newName) ?? newcomer(inside, before, link.name);
  if (!there) return;
  inside.move(there, namespace, link.name);
  const back = outside.link(link.name);
  if (!back) return;
  for (const address of addresses) outside.addAddress(back, address);
  if (link.isUp) outside.setUp(back);
}

function newcomer(inside: RouteSocket, before: Link[], name: string): Link | undefined {
  return inside.links().find((link) => fits(link.name, name) && !before.some(({ index }) => index === link.index));
}

function fits(name: string, template: string): boolean {
  const [start = '', end] = template.split('%d');
  if (end === undefined) return name === template;
  return (
    name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(name.slice(start.length, name.length - end.length))
  );
}

function hintFor(errno: string): string | undefined {
  if (errno === 'ENODEV') return '"ip link" lists the devices of this network namespace';
  if (errno === 'EEXIST') return 'give it another name in linux.netDevices, or a template such as "eth%d"';
  if (errno === 'EINVAL') return 'the kernel does not let this kind of device leave its network namespace';
  if (errno === 'EBUSY') return 'another device depends on it, such as a bridge or a bond: take it out first';
  if (errno === 'EPERM') return 'this needs CAP_NET_ADMIN in both network namespaces';
  return undefined;
}
