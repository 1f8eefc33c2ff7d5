/**
 * runtime-spec config.md#linux-mount-options: every option of the table, as data. What an option means is in its kind;
 * `attribute` is for the new mount calls (MOUNT_ATTR_*), `flag` for mount(2) (MS_*). Unknown options are the filesystem's.
 */
export enum OptionKind {
  /** Changes nothing: a default, or only noise in the kernel's log. */
  NOTHING,
  SET,
  CLEAR,
  SET_RECURSIVE,
  CLEAR_RECURSIVE,
  /** `flag` is the propagation, MS_REC with it for the whole tree. */
  PROPAGATION,
  /** A flag of the filesystem itself, handed over by its name. */
  FILESYSTEM,
  BIND,
  RBIND,
  REMOUNT,
  /** Only mount(2) knows it. */
  LEGACY,
  /** What stands at the destination is copied into the new tmpfs. */
  COPY_UP,
  /** The ids of the mount are mapped, with MS_REC those of all below. */
  ID_MAP,
  /** A source that is a symbolic link is made again at the destination. */
  COPY_LINK,
  /** A source that is a symbolic link is bound itself. */
  BIND_LINK,
  /** A destination that is a symbolic link is covered itself. */
  COVER_LINK,
}

export class MountOption {
  constructor(
    public name: string,
    public kind: OptionKind,
    public attribute: u64 = 0,
    public flag: u64 = 0,
  ) {}
}

const RDONLY: u64 = 0x1;
const NOSUID: u64 = 0x2;
const NODEV: u64 = 0x4;
const NOEXEC: u64 = 0x8;
const ATIME: u64 = 0x70;
const NOATIME: u64 = 0x10;
const STRICTATIME: u64 = 0x20;
const NODIRATIME: u64 = 0x80;
const NOSYMFOLLOW: u64 = 0x200000;
const REC: u64 = 1 << 14;

const OPTIONS: MountOption[] = [
  new MountOption('ro', OptionKind.SET, RDONLY, 1),
  new MountOption('rw', OptionKind.CLEAR, RDONLY, 1),
  new MountOption('nosuid', OptionKind.SET, NOSUID, 2),
  new MountOption('suid', OptionKind.CLEAR, NOSUID, 2),
  new MountOption('nodev', OptionKind.SET, NODEV, 4),
  new MountOption('dev', OptionKind.CLEAR, NODEV, 4),
  new MountOption('noexec', OptionKind.SET, NOEXEC, 8),
  new MountOption('exec', OptionKind.CLEAR, NOEXEC, 8),
  new MountOption('nosymfollow', OptionKind.SET, NOSYMFOLLOW, 256),
  new MountOption('symfollow', OptionKind.CLEAR, NOSYMFOLLOW, 256),
  new MountOption('noatime', OptionKind.SET, NOATIME, 1 << 10),
  new MountOption('atime', OptionKind.CLEAR, NOATIME, 1 << 10),
  new MountOption('nodiratime', OptionKind.SET, NODIRATIME, 1 << 11),
  new MountOption('diratime', OptionKind.CLEAR, NODIRATIME, 1 << 11),
  new MountOption('relatime', OptionKind.CLEAR, ATIME, 1 << 21),
  new MountOption('norelatime', OptionKind.NOTHING),
  new MountOption('strictatime', OptionKind.SET, STRICTATIME, 1 << 24),
  new MountOption('nostrictatime', OptionKind.CLEAR, STRICTATIME, 1 << 24),

  new MountOption('rro', OptionKind.SET_RECURSIVE, RDONLY),
  new MountOption('rrw', OptionKind.CLEAR_RECURSIVE, RDONLY),
  new MountOption('rnosuid', OptionKind.SET_RECURSIVE, NOSUID),
  new MountOption('rsuid', OptionKind.CLEAR_RECURSIVE, NOSUID),
  new MountOption('rnodev', OptionKind.SET_RECURSIVE, NODEV),
  new MountOption('rdev', OptionKind.CLEAR_RECURSIVE, NODEV),
  new MountOption('rnoexec', OptionKind.SET_RECURSIVE, NOEXEC),
  new MountOption('rexec', OptionKind.CLEAR_RECURSIVE, NOEXEC),
  new MountOption('rnosymfollow', OptionKind.SET_RECURSIVE, NOSYMFOLLOW),
  new MountOption('rsymfollow', OptionKind.CLEAR_RECURSIVE, NOSYMFOLLOW),
  new MountOption('rnoatime', OptionKind.SET_RECURSIVE, NOATIME),
  new MountOption('ratime', OptionKind.CLEAR_RECURSIVE, NOATIME),
  new MountOption('rnodiratime', OptionKind.SET_RECURSIVE, NODIRATIME),
  new MountOption('rdiratime', OptionKind.CLEAR_RECURSIVE, NODIRATIME),
  new MountOption('rrelatime', OptionKind.CLEAR_RECURSIVE, ATIME),
  new MountOption('rnorelatime', OptionKind.NOTHING),
  new MountOption('rstrictatime', OptionKind.SET_RECURSIVE, STRICTATIME),
  new MountOption('rnostrictatime', OptionKind.CLEAR_RECURSIVE, STRICTATIME),

  new MountOption('private', OptionKind.PROPAGATION, 0, 1 << 18),
  new MountOption('rprivate', OptionKind.PROPAGATION, 0, (1 << 18) | REC),
  new MountOption('shared', OptionKind.PROPAGATION, 0, 1 << 20),
  new MountOption('rshared', OptionKind.PROPAGATION, 0, (1 << 20) | REC),
  new MountOption('slave', OptionKind.PROPAGATION, 0, 1 << 19),
  new MountOption('rslave', OptionKind.PROPAGATION, 0, (1 << 19) | REC),
  new MountOption('unbindable', OptionKind.PROPAGATION, 0, 1 << 17),
  new MountOption('runbindable', OptionKind.PROPAGATION, 0, (1 << 17) | REC),

  new MountOption('sync', OptionKind.FILESYSTEM, 0, 1 << 4),
  new MountOption('dirsync', OptionKind.FILESYSTEM, 0, 1 << 7),
  new MountOption('lazytime', OptionKind.FILESYSTEM, 0, 1 << 25),
  new MountOption('mand', OptionKind.FILESYSTEM, 0, 1 << 6),
  new MountOption('async', OptionKind.NOTHING),
  new MountOption('nolazytime', OptionKind.NOTHING),
  new MountOption('nomand', OptionKind.NOTHING),

  new MountOption('bind', OptionKind.BIND),
  new MountOption('rbind', OptionKind.RBIND),
  new MountOption('remount', OptionKind.REMOUNT),
  new MountOption('iversion', OptionKind.LEGACY, 0, 1 << 23),
  new MountOption('noiversion', OptionKind.NOTHING),
  new MountOption('silent', OptionKind.NOTHING),
  new MountOption('loud', OptionKind.NOTHING),
  new MountOption('defaults', OptionKind.NOTHING),

  new MountOption('idmap', OptionKind.ID_MAP),
  new MountOption('ridmap', OptionKind.ID_MAP, 0, REC),
  new MountOption('tmpcopyup', OptionKind.COPY_UP),
  new MountOption('copy-symlink', OptionKind.COPY_LINK),
  new MountOption('src-nofollow', OptionKind.BIND_LINK),
  new MountOption('dest-nofollow', OptionKind.COVER_LINK),
];

/** The option of this name, or null: data for the filesystem. */
export function findOption(name: string): MountOption | null {
  for (let index = 0; index < OPTIONS.length; index++) {
    if (OPTIONS[index].name == name) return OPTIONS[index];
  }
  return null;
}

export function optionNames(): string[] {
  const names: string[] = [];
  for (let index = 0; index < OPTIONS.length; index++) names.push(OPTIONS[index].name);
  return names;
}

/** What the options of one mount add up to; a later option overrides an earlier one. */
export class MountOptions {
  set: u64 = 0;
  clear: u64 = 0;
  setRecursive: u64 = 0;
  clearRecursive: u64 = 0;
  /** MS_* of the propagation, 0 to leave it. */
  propagation: u64 = 0;
  /** The same for mount(2). */
  flags: u64 = 0;
  isBind: bool = false;
  isRecursive: bool = false;
  isRemount: bool = false;
  isLegacy: bool = false;
  copiesUp: bool = false;
  isIdMapped: bool = false;
  isIdMappedBelow: bool = false;
  copiesLink: bool = false;
  bindsLink: bool = false;
  coversLink: bool = false;
  /** The option that says how a source is opened. */
  linkNode: i32 = 0;
  /** For the filesystem: `size=64k`, `newinstance`. */
  data: string[] = [];
  dataNodes: i32[] = [];
  /** SELinux context of all files of a new filesystem, '' for none. */
  label: string = '';

  /** The source is opened as what it is, be it a symbolic link. */
  get opensLink(): bool {
    return this.copiesLink || this.bindsLink;
  }

  get isReadOnly(): bool {
    return ((this.set | this.setRecursive) & RDONLY) != 0;
  }

  apply(option: MountOption): void {
    const attribute = option.attribute;
    switch (option.kind) {
      case OptionKind.SET:
        this.clear = (this.clear & ~attribute) | (attribute & ATIME ? ATIME : 0);
        this.set = (attribute & ATIME ? this.set & ~ATIME : this.set) | attribute;
        this.flags |= option.flag;
        break;
      case OptionKind.CLEAR:
        this.set &= ~attribute;
        this.clear |= attribute & ATIME ? ATIME : attribute;
        this.flags &= ~option.flag;
        break;
      case OptionKind.SET_RECURSIVE:
        this.clearRecursive = (this.clearRecursive & ~attribute) | (attribute & ATIME ? ATIME : 0);
        this.setRecursive = (attribute & ATIME ? this.setRecursive & ~ATIME : this.setRecursive) | attribute;
        break;
      case OptionKind.CLEAR_RECURSIVE:
        this.setRecursive &= ~attribute;
        this.clearRecursive |= attribute & ATIME ? ATIME : attribute;
        break;
      case OptionKind.PROPAGATION:
        this.propagation = option.flag;
        break;
      case OptionKind.FILESYSTEM:
        this.flags |= option.flag;
        break;
      case OptionKind.BIND:
        this.isBind = true;
        break;
      case OptionKind.RBIND:
        this.isBind = true;
        this.isRecursive = true;
        break;
      case OptionKind.REMOUNT:
        this.isRemount = true;
        break;
      case OptionKind.LEGACY:
        this.isLegacy = true;
        this.flags |= option.flag;
        break;
      case OptionKind.COPY_UP:
        this.copiesUp = true;
        break;
      case OptionKind.ID_MAP:
        this.isIdMapped = true;
        this.isIdMappedBelow = option.flag == REC;
        break;
      case OptionKind.COPY_LINK:
        this.copiesLink = true;
        break;
      case OptionKind.BIND_LINK:
        this.bindsLink = true;
        break;
      case OptionKind.COVER_LINK:
        this.coversLink = true;
        break;
      default:
        break;
    }
  }
}
