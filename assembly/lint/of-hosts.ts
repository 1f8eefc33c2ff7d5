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
