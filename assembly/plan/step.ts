import { NONE } from '../json/document';
import { Writer } from '../json/writer';

/**
 * What a step does. The words cross to the host and to people: rules for editing this list are those of an ABI: add at
 * the end, never change a meaning; a host that does not know a verb refuses the plan.
 */
export enum Verb {
  CREATE_CGROUP,
  LIMIT,
  RESET,
  OOM_SCORE,
  ENTER_CGROUP,
  JOIN,
  OFFSET_CLOCK,
  CLONE,
  SESSION,
  LOOPBACK,
  HOSTNAME,
  DOMAINNAME,
  PROPAGATION,
  ROOT,
  CGROUP_NAMESPACE,
  MOUNT,
  BIND,
  REMOUNT,
  CGROUP_MOUNT,
  DEVICE,
  LINK,
  SYSCTL,
  CWD_DIRECTORY,
  MASK,
  READONLY,
  SEAL,
  TERMINAL,
  PIVOT,
  RLIMIT,
  CWD,
  BOUNDING,
  USER,
  CAPABILITIES,
  UMASK,
  NO_NEW_PRIVILEGES,
  FIND,
  READY,
  EXECUTE,
  ENTER,
  AFFINITY,
  KEYRING,
  HOOK,
  REAPER,
  DEVICE_FILTER,
  START_UNIT,
  AWAIT_UNIT,
  UNIT_PROPERTIES,
  DELEGATE,
  SCHEDULER,
  IO_PRIORITY,
  MEMORY_POLICY,
  PERSONALITY,
  APPARMOR,
  SELINUX,
  NET_DEVICE,
  RDT,
  SECCOMP,
  MAP_IDS,
  IDENTITY,
  SOURCE,
  TIME_NAMESPACE,
  IPC_NAMESPACE,
  MOUNT_IDS,
}

const VERBS: string[] = [
  'create-cgroup',
  'limit',
  'reset',
  'oom-score',
  'enter-cgroup',
  'join',
  'offset-clock',
  'clone',
  'session',
  'loopback',
  'hostname',
  'domainname',
  'propagation',
  'root',
  'cgroup-namespace',
  'mount',
  'bind',
  'remount',
  'cgroup-mount',
  'device',
  'link',
  'sysctl',
  'cwd-directory',
  'mask',
  'readonly',
  'seal',
  'terminal',
  'pivot',
  'rlimit',
  'cwd',
  'bounding',
  'user',
  'capabilities',
  'umask',
  'no-new-privileges',
  'find',
  'ready',
  'execute',
  'enter',
  'affinity',
  'keyring',
  'hook',
  'reaper',
  'device-filter',
  'start-unit',
  'await-unit',
  'unit-properties',
  'delegate',
  'scheduler',
  'io-priority',
  'memory-policy',
  'personality',
  'apparmor',
  'selinux',
  'net-device',
  'rdt',
  'seccomp',
  'map-ids',
  'identity',
  'source',
  'time-namespace',
  'ipc-namespace',
  'mount-ids',
];

export function verbName(verb: Verb): string {
  return VERBS[verb];
}

/** Who carries a step out: the host, the first process of the image, or the second, which becomes the container's. */
export enum Actor {
  HOST,
  LAUNCHER,
  INIT,
}

const ACTORS: string[] = ['host', 'launcher', 'init'];

/** One thing that a launch does, with the place in config.json that asked for it (NONE: every launch does it). */
export class Step {
  actor: Actor = Actor.INIT;

  constructor(
    public verb: Verb,
    public node: i32 = NONE,
  ) {}

  by(actor: Actor): Step {
    this.actor = actor;
    return this;
  }

  /** In a few words, for errors: `mount of "mqueue" on /dev/mqueue`. */
  describe(): string {
    return verbName(this.verb);
  }

  /** The fields behind `verb`, `by` and `path`. */
  write(_writer: Writer): void {}

  /** Those that only people read, and no host. */
  writeDetail(_writer: Writer): void {}
}

export function actorName(actor: Actor): string {
  return ACTORS[actor];
}

export function writeTexts(writer: Writer, key: string, texts: string[]): void {
  if (texts.length == 0) return;
  writer.key(key);
  writer.beginArray();
  for (let index = 0; index < texts.length; index++) writer.string(texts[index]);
  writer.endArray();
}

/** A step with one word or number: hostname, working directory, seal, root, … */
export class TextStep extends Step {
  constructor(
    verb: Verb,
    public key: string,
    public text: string,
    node: i32,
  ) {
    super(verb, node);
  }

  override describe(): string {
    return `${verbName(this.verb)} ${this.text}`;
  }

  override write(writer: Writer): void {
    writer.field(this.key, this.text);
  }
}

export class NumberStep extends Step {
  constructor(
    verb: Verb,
    public key: string,
    public number: i64,
    node: i32,
  ) {
    super(verb, node);
  }

  override describe(): string {
    return `${verbName(this.verb)} ${this.number}`;
  }

  override write(writer: Writer): void {
    writer.fieldInteger(this.key, this.number);
  }
}

/** A file of a cgroup and what the host writes there. */
export class LimitStep extends Step {
  /** The file to write instead where `file` does not exist ('' for none), and its value. */
  otherFile: string = '';
  otherValue: string = '';
  /** Only when the container's process has made everything, its device nodes too. */
  isLate: bool = false;
  /** A kernel without this file is no error. */
  isOptional: bool = false;

  constructor(
    public directory: string,
    public file: string,
    public value: string,
    node: i32,
  ) {
    super(Verb.LIMIT, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return `limit ${this.file} = ${this.value}`;
  }

  override write(writer: Writer): void {
    writer.field('directory', this.directory);
    writer.field('file', this.file);
    writer.field('value', this.value);
    if (this.otherFile != '') {
      writer.field('otherFile', this.otherFile);
      writer.field('otherValue', this.otherValue);
    }
    if (this.isOptional) writer.fieldBoolean('optional', true);
    if (this.isLate) writer.fieldBoolean('late', true);
  }
}
