import { NONE } from '../json/document';
import { findOption, MountOption, MountOptions } from '../plan/mount-options';
import { cleanPath } from '../plan/paths';
import { Spec } from '../spec/config';
import { Mount } from '../spec/mounts';

/** A mount as rules see it; nothing in it is null. */
export class MountView {
  /** The spec's own options, and the node of each. */
  known: MountOption[] = [];
  knownNodes: i32[] = [];
  options: MountOptions = new MountOptions();
  isIdMapped: bool = false;

  constructor(
    public mount: Mount,
    public node: i32,
    /** Where it goes, cleaned; '' if the field is missing. */
    public destination: string,
    public destinationNode: i32,
    public source: string,
    public sourceNode: i32,
    public type: string,
    /** NONE without options. */
    public optionsNode: i32,
  ) {}

  /** Something of the host's; a mount of the type "bind" is meant to be one. */
  get isBind(): bool {
    return this.options.isBind || this.type == 'bind';
  }

  get isReadonly(): bool {
    return ((this.options.set | this.options.setRecursive) & RDONLY) != 0;
  }

  /** The node of an option as it is spelled, NONE without it. */
  nodeOfOption(name: string): i32 {
    for (let index = 0; index < this.known.length; index++) {
      if (this.known[index].name == name) return this.knownNodes[index];
    }
    return NONE;
  }
}

/** include/uapi/linux/mount.h */
export const RDONLY: u64 = 1;
export const NOSUID: u64 = 2;
export const NODEV: u64 = 4;

/** More than these nobody has, and a hostile document must not make them fill the memory. */
const MOST_VIEWS = 10000;

export function viewMounts(spec: Spec): MountView[] {
  const views: MountView[] = [];
  const mounts = spec.mounts;
  if (!mounts) return views;
  const count = min(mounts.items.length, MOST_VIEWS);
  for (let index = 0; index < count; index++) views.push(viewMount(mounts.items[index]));
  return views;
}

function viewMount(mount: Mount): MountView {
  const destination = mount.destination;
  const source = mount.source;
  const type = mount.type;
  const list = mount.options;
  const view = new MountView(
    mount,
    mount.node,
    destination ? cleanPath(destination.value) : '',
    destination ? destination.node : mount.node,
    source ? source.value : '',
    source ? source.node : mount.node,
    type ? type.value : '',
    list ? list.node : NONE,
  );
  if (!list) return view;
  for (let index = 0; index < list.items.length; index++) {
    const item = list.items[index];
    const option = findOption(item.value);
    if (option) {
      view.known.push(option);
      view.knownNodes.push(item.node);
      view.options.apply(option);
      if (option.name == 'idmap' || option.name == 'ridmap') view.isIdMapped = true;
    } else if (item.value != '') {
      view.options.data.push(item.value);
      view.options.dataNodes.push(item.node);
    }
  }
  return view;
}
