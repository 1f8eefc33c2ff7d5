import { ANY, BLOCK, CHARACTER, DeviceException, MKNOD, READ, WRITE } from '../bpf/device';

/**
 * The kernel's list of devices: everything or nothing, and exceptions. Documentation/admin-guide/cgroup-v1/devices.rst
 * defines it for version 1; for version 2 the same becomes a program.
 *
 * A rule takes away what it covers, for rules have an order. What it covers in part it cannot take away: an exception
 * has no hole. The kernel's own list passes over both in silence.
 */
export class DeviceList {
  isOpen: bool = false;
  exceptions: DeviceException[] = [];

  /** A rule for every device begins anew. */
  reset(isOpen: bool): void {
    this.isOpen = isOpen;
    this.exceptions = [];
  }

  /** Answers the exception that the rule would cut a hole into, null if all is well. */
  apply(isAllowed: bool, rule: DeviceException): DeviceException | null {
    if (isAllowed == this.isOpen) return this.takeAway(rule);
    for (let index = 0; index < this.exceptions.length; index++) {
      const there = this.exceptions[index];
      if (there.type != rule.type || there.major != rule.major || there.minor != rule.minor) continue;
      there.access |= rule.access;
      return null;
    }
    this.exceptions.push(rule);
    return null;
  }

  private takeAway(rule: DeviceException): DeviceException | null {
    let holed: DeviceException | null = null;
    let kept = 0;
    for (let index = 0; index < this.exceptions.length; index++) {
      const there = this.exceptions[index];
      if (there.type == rule.type && (there.access & rule.access) != 0) {
        if (covers(rule.major, there.major) && covers(rule.minor, there.minor)) there.access &= ~rule.access;
        else if (meet(rule.major, there.major) && meet(rule.minor, there.minor)) holed = there;
      }
      if (there.access != 0) this.exceptions[kept++] = there;
    }
    this.exceptions.length = kept;
    return holed;
  }
}

function covers(number: i64, other: i64): bool {
  return number == ANY || number == other;
}

function meet(number: i64, other: i64): bool {
  return covers(number, other) || other == ANY;
}

/** `c 1:3 rwm`, as the files of version 1 take it. */
export function exceptionText(exception: DeviceException): string {
  const type = exception.type == BLOCK ? 'b' : 'c';
  return `${type} ${numberText(exception.major)}:${numberText(exception.minor)} ${accessText(exception.access)}`;
}

function numberText(number: i64): string {
  return number == ANY ? '*' : number.toString();
}

export function accessText(access: i32): string {
  const read = access & READ ? 'r' : '';
  const write = access & WRITE ? 'w' : '';
  return read + write + (access & MKNOD ? 'm' : '');
}

const ALL: i32 = READ | WRITE | MKNOD;

/**
 * What every container may use beside its own rules, as under runc: making any node, and using those of
 * runtime-spec config-linux.md#default-devices with the terminals of its own devpts.
 */
export function allowDefaults(list: DeviceList, node: i32): void {
  allow(list, CHARACTER, ANY, ANY, MKNOD, node);
  allow(list, BLOCK, ANY, ANY, MKNOD, node);
  allow(list, CHARACTER, 1, 3, ALL, node); // null
  allow(list, CHARACTER, 1, 5, ALL, node); // zero
  allow(list, CHARACTER, 1, 7, ALL, node); // full
  allow(list, CHARACTER, 1, 8, ALL, node); // random
  allow(list, CHARACTER, 1, 9, ALL, node); // urandom
  allow(list, CHARACTER, 5, 0, ALL, node); // tty
  allow(list, CHARACTER, 5, 2, ALL, node); // ptmx
  allow(list, CHARACTER, 136, ANY, ALL, node); // pts/*
}

function allow(list: DeviceList, type: i32, major: i64, minor: i64, access: i32, node: i32): void {
  list.apply(true, new DeviceException(type, major, minor, access, node));
}
