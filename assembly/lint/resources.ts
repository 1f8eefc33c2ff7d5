import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { Explanation, Preset, Rule } from './rule';

export class WeightRange extends Rule {
  constructor() {
    super('OCI408', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a weight of blockIO is outside of 10 to 1000',
      'The kernel refuses it (EINVAL).',
      '{"linux":{"resources":{"blockIO":{"weight":5}}}}',
      '{"linux":{"resources":{"blockIO":{"weight":500}}}}',
      'runtime-spec config-linux.md#block-io; Documentation/block/bfq-iosched.rst',
    );
  }

  /** Those that every kernel has the translator checks. */
  override check(context: Context): void {
    const resources = context.resources;
    const io = resources ? resources.blockIO : null;
    const leaf = io ? io.leafWeight : null;
    if (!leaf || leaf.value == 0 || (leaf.value >= 10 && leaf.value <= 1000)) return;
    this.found(context, leaf.node, `the weight is ${leaf.value}`, 'it goes from 10 to 1000');
  }
}

export class DeviceWithoutValue extends Rule {
  constructor() {
    super('OCI409', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a device of blockIO has neither a weight nor a rate',
      'The spec requires one: there is nothing to write.',
      '{"linux":{"resources":{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0}]}}}}',
      '{"linux":{"resources":{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1048576}]}}}}',
      'runtime-spec config-linux.md#block-io',
    );
  }
}

export class UnifiedKey extends Rule {
  constructor() {
    super('OCI410', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a key of unified is no file of a cgroup, or one that is no setting',
      'Runtimes write the file that it names: a slash would leave the directory, and some files move or end processes.',
      '{"ociVersion":"1.2.0","linux":{"resources":{"unified":{"memory/high":"1"}}}}',
      '{"ociVersion":"1.2.0","linux":{"resources":{"unified":{"memory.high":"1073741824"}}}}',
      'runtime-spec config-linux.md#unified; Documentation/admin-guide/cgroup-v2.rst',
    );
  }
}

export class EmptyRdma extends Rule {
  constructor() {
    super('OCI411', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'an entry of rdma limits nothing',
      'The spec requires hcaHandles or hcaObjects: there is nothing to write.',
      '{"linux":{"resources":{"rdma":{"mlx5_1":{}}}}}',
      '{"linux":{"resources":{"rdma":{"mlx5_1":{"hcaHandles":3}}}}}',
      'runtime-spec config-linux.md#rdma',
    );
  }
}

export class HugepageSize extends Rule {
  constructor() {
    super('OCI413', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a pageSize is no size of pages',
      'It is part of the name of a file, which would not be there.',
      '{"linux":{"resources":{"hugepageLimits":[{"pageSize":"2M","limit":1048576}]}}}',
      '{"linux":{"resources":{"hugepageLimits":[{"pageSize":"2MB","limit":1048576}]}}}',
      'runtime-spec config-linux.md#huge-page-limits',
    );
  }
}

export class CgroupVersion extends Rule {
  constructor() {
    super('OCI414', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'a setting exists in one version of cgroups only',
      'Most hosts have version 2, which has no such file: crun refuses the config there, others ignore the setting.',
      '{"linux":{"resources":{"memory":{"swappiness":10}}}}',
      '{"linux":{"resources":{"memory":{"limit":536870912}}}}',
      'runtime-spec config-linux.md#control-groups; man 7 cgroups',
    );
  }

  /** The host of a lint is none: which version it has is not known. */
  override complete(_context: Context, finding: Diagnostic): bool {
    finding.message = finding.message.replace(', and this host has version 2', '');
    return true;
  }

  /** net_cls and net_prio are controllers that version 2 has not; single files the translator knows. */
  override check(context: Context): void {
    const resources = context.resources;
    const network = resources ? resources.network : null;
    if (!network) return;
    const keys = ['classID', 'priorities'];
    for (let index = 0; index < keys.length; index++) {
      const node = context.document.member(network.node, keys[index]);
      if (node == NONE) continue;
      const message = `network.${keys[index]} exists on cgroup v1 only`;
      this.found(context, node, message, 'remove it; version 2 marks packets by BPF or nftables');
    }
  }
}

export class CgroupsPath extends Rule {
  constructor() {
    super('OCI415', Severity.WARNING, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'cgroupsPath leaves its place, or is half of the form for systemd',
      'With "..", it names the cgroup of somebody else. The form for systemd is slice:prefix:name, and nothing in between.',
      '{"linux":{"cgroupsPath":"machine.slice:one"}}',
      '{"linux":{"cgroupsPath":"machine.slice:orlop:one"}}',
      'runtime-spec config-linux.md#cgroups-path; runc docs/systemd.md',
    );
  }
}

export class NoPidsLimit extends Rule {
  constructor() {
    super('OCI916', Severity.WARNING, Preset.HARDENED);
  }

  override explain(): Explanation {
    return new Explanation(
      'there is no limit of processes',
      'A fork bomb in the container takes all process ids of the host.',
      '{"linux":{"resources":{"pids":{"limit":-1}}}}',
      '{"linux":{"resources":{"pids":{"limit":512}}}}',
      'CIS Docker Benchmark 5.29; runtime-spec config-linux.md#pids',
    );
  }

  override check(context: Context): void {
    const resources = context.resources;
    const pids = resources ? resources.pids : null;
    const limit = pids ? pids.limit : null;
    if (limit && limit.value > 0) return;
    const node = limit ? limit.node : context.placeOfResources();
    this.found(context, node, 'the number of processes has no limit', 'set linux.resources.pids.limit');
  }
}
