import { Severity } from '../report';
import { Explanation, Preset, Rule } from './rule';

// What is found where the host is known: at a launch, an exec or an update. There is no example of it.

export class LimitBelowUsage extends Rule {
  constructor() {
    super('OCI417', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'an update sets less memory than the container uses',
      'The kernel would end its processes: checkBeforeUpdate asks for an error instead.',
      '',
      '',
      'runtime-spec config-linux.md#memory',
    );
  }
}

export class MissingController extends Rule {
  constructor() {
    super('OCI418', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'the host has no such cgroup controller',
      'The limit cannot be set, and a container without it is not what was asked for.',
      '',
      '',
      'man 7 cgroups; /proc/cgroups',
    );
  }
}

export class CapabilityNotHeld extends Rule {
  constructor() {
    super('OCI124', Severity.WARNING, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'the caller does not hold a capability that the process is granted',
      'Nobody can give what he has not: the process starts without it.',
      '',
      '',
      'runtime-spec config.md#linux-process; man 7 capabilities',
    );
  }
}

export class SecurityModuleOff extends Rule {
  constructor() {
    super('OCI123', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'the host has not the security module that the config asks for',
      'A container without the confinement that it asks for would be worse than none.',
      '',
      '',
      '/sys/kernel/security/lsm; runtime-spec config.md#linux-process',
    );
  }
}

export class NoResctrl extends Rule {
  constructor() {
    super('OCI610', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'linux.intelRdt, and the host has no resctrl filesystem',
      'Either the processor cannot share out its caches, or nobody has mounted it.',
      '',
      '',
      'Documentation/filesystems/resctrl.rst',
    );
  }
}

export class GroupsDenied extends Rule {
  constructor() {
    super('OCI216', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'additionalGids, and nobody may set groups in the user namespace',
      'An ordinary user who maps his own gid has to give that up first: a group can also be what keeps somebody out.',
      '',
      '',
      'man 2 setgroups; man 7 user_namespaces, /proc/PID/setgroups',
    );
  }
}

export class IdMapWithoutPrivileges extends Rule {
  constructor() {
    super('OCI319', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount with mapped ids, and the caller may not map them',
      'It takes CAP_SYS_ADMIN in the user namespace in which the filesystem was mounted.',
      '',
      '',
      'man 2 mount_setattr, MOUNT_ATTR_IDMAP',
    );
  }
}

export class ProfileUnusable extends Rule {
  constructor() {
    super('OCI514', Severity.ERROR, Preset.HOST);
  }

  override explain(): Explanation {
    return new Explanation(
      'the seccomp profile of a running container cannot be compiled any more',
      'Another version of orlop has made the container, or its config.json has been changed: exec without a filter would be a way out.',
      '',
      '',
      'runtime-spec config-linux.md#seccomp',
    );
  }
}
