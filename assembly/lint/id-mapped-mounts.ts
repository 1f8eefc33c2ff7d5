import { NONE } from '../json/document';
import { Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
import { MountView } from './mount-view';
import { Explanation, Fixable, Preset, Rule } from './rule';

const GOOD: string =
  '{"ociVersion":"1.2.0","mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","idmap"],"uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}]}';

export class IdmapWithoutMapping extends Rule {
  constructor() {
    super('OCI307', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'the option idmap, and no mapping',
      'There is nothing to map with: neither has the mount mappings, nor the container a user namespace to take them from.',
      '{"ociVersion":"1.2.0","mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","idmap"]}]}',
      GOOD,
      'runtime-spec config.md#mounts; man 2 mount_setattr, MOUNT_ATTR_IDMAP',
    );
  }

  override check(context: Context): void {
    if (context.hasNamespace('user')) return;
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (!mount.isIdMapped || hasUids(mount) || hasGids(mount)) continue;
      const message = 'neither the mount has mappings, nor the container a user namespace to take them from';
      this.found(context, mount.node, message, 'add uidMappings and gidMappings to the mount');
    }
  }
}

function hasUids(mount: MountView): bool {
  const list = mount.mount.uidMappings;
  return list != null && list.items.length > 0;
}

function hasGids(mount: MountView): bool {
  const list = mount.mount.gidMappings;
  return list != null && list.items.length > 0;
}

export class OneSidedMapping extends Rule {
  constructor() {
    super('OCI308', Severity.ERROR, Preset.SPEC);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount has only one of uidMappings and gidMappings',
      'The spec asks for both or none: the other ids would be those of nobody.',
      '{"ociVersion":"1.2.0","mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind","idmap"],"uidMappings":[{"containerID":0,"hostID":1000,"size":1}]}]}',
      GOOD,
      'runtime-spec config.md#mounts',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (hasUids(mount) == hasGids(mount)) continue;
      const list = hasUids(mount) ? mount.mount.uidMappings! : mount.mount.gidMappings!;
      const message = hasUids(mount)
        ? 'the mount has uidMappings and no gidMappings'
        : 'the mount has gidMappings and no uidMappings';
      this.found(context, list.node, message, 'give both, or neither');
    }
  }
}

export class MappingWithoutIdmap extends Rule {
  constructor() {
    super('OCI309', Severity.WARNING, Preset.RECOMMENDED, Fixable.SAFELY);
  }

  override explain(): Explanation {
    return new Explanation(
      'a mount has mappings, and not the option idmap or ridmap',
      'The spec asks for the option, and runtimes may do without the mapping: files then have other owners than the config says.',
      '{"ociVersion":"1.2.0","mounts":[{"destination":"/data","type":"bind","source":"/srv/data","options":["rbind"],"uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}]}',
      GOOD,
      'runtime-spec config.md#mounts',
    );
  }

  override check(context: Context): void {
    const mounts = context.mounts;
    for (let index = 0; index < mounts.length; index++) {
      const mount = mounts[index];
      if (mount.isIdMapped || !hasUids(mount) || !hasGids(mount)) continue;
      const help = 'add "idmap" to options, or "ridmap" for all mounts below';
      const finding = this.found(context, mount.mount.uidMappings!.node, 'mappings without the option idmap', help);
      const edits = fixing(context.document, finding, 'add "idmap" to options', true);
      if (mount.optionsNode == NONE) edits.set(mount.node, 'options', '["idmap"]');
      else edits.addItem(mount.optionsNode, '"idmap"');
    }
  }
}
