import { NONE } from '../json/document';
import { Diagnostic, Severity } from '../report';
import { Context } from './context';
import { fixing } from './edits';
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

  override complete(context: Context, finding: Diagnostic): bool {
    const document = context.document;
    const mount = document.parent(finding.node);
    const options = document.member(mount, 'options');
    const edits = fixing(document, finding, 'add "idmap" to options', true);
    if (options == NONE) edits.set(mount, 'options', '["idmap"]');
    else edits.addItem(options, '"idmap"');
    return true;
  }
}

export class IdMappedFilesystem extends Rule {
  /** RECOMMENDED: the spec lets a runtime do it. */
  constructor() {
    super('OCI318', Severity.ERROR, Preset.RECOMMENDED);
  }

  override explain(): Explanation {
    return new Explanation(
      'the ids of a new filesystem are to be mapped',
      'It has the owners that its options name. runc refuses it too: only what is there already, and is bound, has ids to map.',
      '{"ociVersion":"1.2.0","mounts":[{"destination":"/run","type":"tmpfs","source":"tmpfs","options":["idmap"],"uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}]}',
      '{"ociVersion":"1.2.0","mounts":[{"destination":"/run","type":"tmpfs","source":"tmpfs","options":["uid=1000"]}]}',
      'runc libcontainer/configs/validate; man 2 mount_setattr, MOUNT_ATTR_IDMAP',
    );
  }
}
