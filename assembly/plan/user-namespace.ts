import { NONE } from '../json/document';
import { Writer } from '../json/writer';
import { Process } from '../spec/process';
import { IdMap, nodeOf, readIdMap } from './id-map';
import { Planner } from './planner';
import { Actor, Step, Verb } from './step';

/** man 2 setgroups: whether it works in the container. */
export enum Groups {
  ALLOWED,
  /** Whoever made the user namespace decided. */
  UNKNOWN,
  DENIED,
}

/** What is known of the user namespace of a container; without one of its own, nothing. */
export class UserNamespace {
  isNew: bool = false;
  isJoined: bool = false;
  /** The file of a joined one. */
  path: string = '';
  /** Of a joined one: as config.json has them, if it does. */
  uids: IdMap = new IdMap();
  gids: IdMap = new IdMap();
  groups: Groups = Groups.ALLOWED;

  get exists(): bool {
    return this.isNew || this.isJoined;
  }
}

/** The host writes the maps of the container's process, which waits for that. */
export class MapIdsStep extends Step {
  deniesGroups: bool = false;
  /** newuidmap and newgidmap write them: who has no privileges may map only himself. */
  uidsByHelper: bool = false;
  gidsByHelper: bool = false;

  constructor(
    public uids: IdMap,
    public gids: IdMap,
    node: i32,
  ) {
    super(Verb.MAP_IDS, node);
    this.actor = Actor.HOST;
  }

  override describe(): string {
    return 'map of the ids of the user namespace';
  }

  override write(writer: Writer): void {
    this.uids.write(writer, 'uidMappings');
    this.gids.write(writer, 'gidMappings');
    if (this.deniesGroups) writer.fieldBoolean('deniesGroups', true);
    if (this.uidsByHelper) writer.field('uidHelper', 'newuidmap');
    if (this.gidsByHelper) writer.field('gidHelper', 'newgidmap');
  }
}

/** From here on the container's process makes things as the root of its user namespace. */
export class IdentityStep extends Step {
  constructor(
    public uid: u64,
    public gid: u64,
    public groups: Groups,
  ) {
    super(Verb.IDENTITY, NONE);
  }

  override describe(): string {
    return `become ${this.uid}:${this.gid} of the user namespace`;
  }

  override write(writer: Writer): void {
    writer.fieldInteger('uid', this.uid);
    writer.fieldInteger('gid', this.gid);
  }
}

/** runtime-spec config-linux.md#user-namespace-mappings */
export function readUserNamespace(planner: Planner): UserNamespace {
  const user = new UserNamespace();
  user.isNew = planner.namespaces.creates('user');
  user.path = planner.namespaces.userPath;
  user.isJoined = user.path != '';
  if (planner.facts.userNamespace || user.isJoined) user.groups = Groups.UNKNOWN;
  const linux = planner.spec.linux;
  if (!linux) return user;
  const uids = linux.uidMappings;
  const gids = linux.gidMappings;
  user.uids = readIdMap(planner, uids);
  user.gids = readIdMap(planner, gids);
  const hasUids = uids != null && uids.items.length > 0;
  const hasGids = gids != null && gids.items.length > 0;
  if (!user.exists && (hasUids || hasGids)) {
    planner.error(
      'OCI204',
      hasUids ? uids!.node : gids!.node,
      'ids are mapped in a user namespace, and the container has none',
      'add { "type": "user" } to linux.namespaces, or remove the mappings',
    );
  }
  if (user.isNew && !(hasUids && hasGids)) {
    planner.error(
      'OCI205',
      linux.namespaces!.node,
      `a new user namespace has no ids until they are mapped: ${hasUids ? 'gidMappings' : hasGids ? 'uidMappings' : 'uidMappings and gidMappings'} are missing`,
      'add linux.uidMappings and linux.gidMappings; "orlop spec --rootless" shows how',
    );
  }
  if (user.isNew && !planner.holds(CAP_SETGID) && user.gids.isJust(planner.facts.gid)) user.groups = Groups.DENIED;
  return user;
}

/** include/uapi/linux/capability.h */
const CAP_SETGID: i32 = 6;
const CAP_SETUID: i32 = 7;

/** Of a new user namespace: nothing may be done with ids before. */
export function planMapIds(planner: Planner): void {
  const user = planner.user;
  if (!user.isNew) return;
  const step = new MapIdsStep(user.uids, user.gids, nodeOf(planner.spec.linux!.uidMappings));
  step.uidsByHelper = !planner.holds(CAP_SETUID) && !user.uids.isJust(planner.facts.uid);
  step.gidsByHelper = !planner.holds(CAP_SETGID) && !user.gids.isJust(planner.facts.gid);
  step.deniesGroups = user.groups == Groups.DENIED;
  planner.add(step);
}

export function planIdentity(planner: Planner): void {
  const user = planner.user;
  if (user.exists) planner.add(new IdentityStep(user.uids.root, user.gids.root, user.groups));
}

/** runtime-spec config.md#user: who is not mapped cannot be. */
export function checkIds(planner: Planner, process: Process): void {
  const user = process.user;
  if (!user) return;
  const namespace = planner.user;
  const uid = user.uid;
  if (uid) checkId(planner, namespace.uids, 'uid', uid.value, uid.node);
  const gid = user.gid;
  if (gid) checkId(planner, namespace.gids, 'gid', gid.value, gid.node);
  const groups = user.additionalGids;
  if (!groups || groups.items.length == 0) return;
  if (namespace.groups == Groups.DENIED) {
    planner.error(
      'OCI216',
      groups.node,
      'additionalGids: in a user namespace whose gids an ordinary user has mapped, nobody may set groups (man 2 setgroups)',
      'remove additionalGids, or map a range of /etc/subgid',
    );
    return;
  }
  for (let index = 0; index < groups.items.length; index++) {
    checkId(planner, namespace.gids, 'gid', groups.items[index].value, groups.items[index].node);
  }
}

function checkId(planner: Planner, map: IdMap, what: string, id: u64, node: i32): void {
  if (map.isEmpty || map.has(id)) return;
  planner.error(
    'OCI207',
    node,
    `${what} ${id} is not mapped in the user namespace: nobody can have it there`,
    `add it to linux.${what}Mappings, or choose another`,
  );
}
