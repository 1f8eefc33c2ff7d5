import { Diagnostic, Severity } from '../report';
import { Device } from '../spec/linux';
import { DeviceRule } from '../spec/resources';
import { Context } from './context';
import { fixing } from './edits';
import { fromOctalDigits, octal } from './process';
import { Explanation, Fixable, Preset, Rule } from './rule';

function devicesOf(context: Context): Device[] {
  const linux = context.linux;
  const list = linux ? linux.devices : null;
  return list ? list.items : [];
}

export class DeviceWithoutNumber extends Rule {
  constructor() {
    super('OCI601', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a device has no major and minor number',
      'All but pipes need both: without them it is device 0:0, which is none.',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse"}]}}',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]}}',
      'runtime-spec config-linux.md#devices; man 2 mknod',
    );
  }
}

export class RelativeDevice extends Rule {
  constructor() {
    super('OCI602', Severity.ERROR, Preset.SPEC, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the path of a device is not absolute',
      'The spec asks for the full path within the container.',
      '{"linux":{"devices":[{"type":"c","path":"dev/fuse","major":10,"minor":229}]}}',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]}}',
      'runtime-spec config-linux.md#devices',
    );
  }

  override complete(context: Context, finding: Diagnostic): bool {
    const text = context.document.text(finding.node);
    if (text == '' || text.includes('\0')) return true;
    fixing(context.document, finding, 'start it with /', true).insert(context.document.start(finding.node) + 1, '/');
    return true;
  }
}

/** Modes that people write as they read them: each has another meaning as a decimal number. */
const OCTAL_LOOKING: u64[] = [440, 444, 600, 620, 640, 644, 660, 664, 666, 700, 755, 770, 775, 777];

export class OctalLookingMode extends Rule {
  constructor() {
    super('OCI603', Severity.ERROR, Preset.SPEC, Fixable.UNSAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'the fileMode of a device is an octal number without its conversion',
      'JSON has decimal numbers only: 666 is 01232 in octal, which lets nobody read, and sets the sticky bit.',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":666}]}}',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":438}]}}',
      'runtime-spec config-linux.md#devices; schema/defs.json, FileMode',
    );
  }

  override check(context: Context): void {
    const devices = devicesOf(context);
    for (let index = 0; index < devices.length; index++) {
      const mode = devices[index].fileMode;
      if (!mode || !OCTAL_LOOKING.includes(mode.value)) continue;
      const meant = fromOctalDigits(mode.value);
      const message = `fileMode ${mode.value} is ${octal(mode.value)} in octal`;
      const finding = this.found(context, mode.node, message, `0${mode.value} is ${meant}`);
      fixing(context.document, finding, `write ${meant}`, false).replace(mode.node, meant.toString());
    }
  }
}

export class DuplicateDevice extends Rule {
  constructor() {
    super('OCI604', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a device is listed twice',
      'Two nodes of one path are an error for some runtimes; two paths of one device are one device.',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229},{"type":"c","path":"/dev/fuse2","major":10,"minor":229}]}}',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]}}',
      'runtime-spec config-linux.md#devices',
    );
  }

  override check(context: Context): void {
    const devices = devicesOf(context);
    const paths = new Map<string, i32>();
    const numbers = new Map<string, i32>();
    for (let index = 0; index < devices.length; index++) {
      const device = devices[index];
      const path = device.path;
      const type = device.type;
      const major = device.major;
      const minor = device.minor;
      const number = type && major && minor ? `${type.value} ${major.value}:${minor.value}` : '';
      let first = -1;
      if (path && paths.has(path.value)) first = paths.get(path.value);
      else if (number != '' && numbers.has(number)) first = numbers.get(number);
      if (first >= 0 && !context.findings.omits(this.id, Severity.WARNING)) {
        this.found(context, device.node, 'the device is listed already', 'keep one of them').relate(
          first,
          'listed first',
        );
      }
      if (path && !paths.has(path.value)) paths.set(path.value, device.node);
      if (number != '' && !numbers.has(number)) numbers.set(number, device.node);
    }
  }
}

/** Of memory and ports: include/uapi/linux/major.h, Documentation/admin-guide/devices.txt. */
const RAW_MEMORY: string[] = ['/dev/mem', '/dev/kmem', '/dev/port'];
const RAW_MINORS: i64[] = [1, 2, 4];

const DISKS: string[] = [
  '/dev/sd',
  '/dev/hd',
  '/dev/vd',
  '/dev/xvd',
  '/dev/nvme',
  '/dev/mmcblk',
  '/dev/dm-',
  '/dev/mapper/',
  '/dev/md',
  '/dev/loop',
  '/dev/disk/',
];

export class RawDevice extends Rule {
  constructor() {
    super('OCI919', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the container has a disk of the host, or its memory',
      'Who reads and writes blocks needs no permissions of files: everything on that disk is his, the host included.',
      '{"linux":{"devices":[{"type":"b","path":"/dev/sda","major":8,"minor":0}]}}',
      '{"linux":{"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]}}',
      'man 4 mem; man 4 sd; CIS Docker Benchmark 5.18',
    );
  }

  override check(context: Context): void {
    const devices = devicesOf(context);
    for (let index = 0; index < devices.length; index++) {
      const device = devices[index];
      const path = device.path;
      if (!path || !isRaw(device)) continue;
      if (context.findings.omits(this.id, Severity.ERROR)) continue;
      this.found(
        context,
        device.node,
        `${path.value} is ${kindOf(device)} of the host`,
        'mount the directory that is needed',
      );
    }
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (!mount.isBind || !isRawPath(mount.source)) continue;
      this.found(
        context,
        mount.sourceNode,
        `${mount.source} is a raw device of the host`,
        'mount the directory that is needed',
      );
    }
  }
}

function isRaw(device: Device): bool {
  const type = device.type;
  const major = device.major;
  const minor = device.minor;
  if (!type || !major || !minor) return false;
  if (type.value == 'b') return true;
  return type.value == 'c' && major.value == 1 && RAW_MINORS.includes(minor.value);
}

function kindOf(device: Device): string {
  const type = device.type;
  return type && type.value == 'b' ? 'a disk' : 'the memory';
}

function isRawPath(path: string): bool {
  if (RAW_MEMORY.includes(path)) return true;
  for (let index = 0; index < DISKS.length; index++) if (path.startsWith(DISKS[index])) return true;
  return false;
}

export class InvalidDeviceRule extends Rule {
  constructor() {
    super('OCI412', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a device rule has a type or an access that there is not',
      'Types are a, b and c; access is made of r, w and m. The kernel refuses the rest (EINVAL).',
      '{"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rx"}]}}}',
      '{"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]}}}',
      'runtime-spec config-linux.md#allowed-device-list',
    );
  }
}

export function deviceRulesOf(context: Context): DeviceRule[] {
  const resources = context.resources;
  const list = resources ? resources.devices : null;
  return list ? list.items : [];
}

export class DeviceOfTheHost extends Rule {
  constructor() {
    super('OCI611', Severity.INFO, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a device in a user namespace, with a mode or an owner',
      'No device can be made there: the container gets that of the host, whose mode and owner stay as they are.',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229,"fileMode":384}]}}',
      '{"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"devices":[{"type":"c","path":"/dev/fuse","major":10,"minor":229}]}}',
      'man 7 user_namespaces; man 2 mknod',
    );
  }
}
