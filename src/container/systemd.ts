// The systemd that keeps a container's unit: that of the system for root, the user's own for others. What a property
// means only the compiler knows. https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OrlopError } from '../error.ts';
import { type Call, Connection, DBusError } from '../linux/dbus.ts';
import type { Value, Variant } from '../linux/dbus-message.ts';
import type { Place, SystemdFacts, UnitProperty } from '../spec/types.ts';

/** A unit, and whose systemd keeps it. */
export interface UnitState {
  name: string;
  isUser: boolean;
}

const NAME = 'org.freedesktop.systemd1';
const MANAGER: Omit<Call, 'member'> = {
  destination: NAME,
  path: '/org/freedesktop/systemd1',
  interface: `${NAME}.Manager`,
};

/** As runc: a job that takes longer hangs. */
const JOB_MS = 30_000;

export class Systemd {
  readonly isUser: boolean;
  private readonly connection: Connection;
  private readonly isBus: boolean;
  private isListening = false;

  constructor(isUser = process.geteuid?.() !== 0) {
    this.isUser = isUser;
    const { path, isBus } = isUser ? userSocket() : systemSocket();
    this.connection = new Connection(path, isBus);
    this.isBus = isBus;
  }

  close(): void {
    this.connection.close();
  }

  facts(): SystemdFacts {
    const asked = ['Version', 'ControlGroup'].map((name) =>
      this.connection.send({
        ...MANAGER,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: [MANAGER.interface, name],
      }),
    );
    const [version, controlGroup] = asked.map(
      (serial) => (this.connection.answer(serial)[0] as Variant).value as string,
    );
    const number = Number(/\d+/.exec(version ?? '')?.[0] ?? 0);
    return { version: number, controlGroup: controlGroup ?? '', isUser: this.isUser };
  }

  /** Makes the unit with this process in it, and answers when it is there. */
  start(name: string, properties: readonly UnitProperty[], pid: number): void {
    this.listen();
    const all: Value[] = [...properties.map(encoded), ['PIDs', { type: 'au', value: [pid] }]];
    const call = this.manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', [name, 'replace', all, []]);
    let job: Value | undefined;
    try {
      [job] = this.connection.call(call);
    } catch (error) {
      if (!isNamed(error, 'UnitExists')) throw error;
      // It may be what is left of one that has failed; one that lives stays, and is an error again.
      this.resetFailed(name);
      [job] = this.connection.call(call);
    }
    const result = this.await(job as string, `the start of ${name}`);
    if (result === 'done') return;
    this.resetFailed(name);
    throw new OrlopError('linux/dbus', `systemd has not started ${name}: its job ended as "${result}"`, {
      hint: `"journalctl -u ${name}" tells why`,
    });
  }

  /** All of them or none; they are in force when this answers. */
  set(name: string, properties: readonly UnitProperty[]): void {
    this.setEncoded(name, properties.map(encoded));
  }

  /** What undoes a later set(). */
  held(name: string, properties: readonly UnitProperty[]): () => void {
    const [path] = this.connection.call(this.manager('GetUnit', 's', [name]));
    const [all] = this.connection.call({
      ...MANAGER,
      path: path as string,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'GetAll',
      signature: 's',
      body: [`${NAME}.Scope`],
    });
    const values = new Map(all as [string, Variant][]);
    const before = [...new Set(properties.map((property) => property.name))].flatMap((property) => {
      const variant = values.get(property);
      if (!variant) return [];
      // A list is added to the one that is there; an empty one empties it.
      const empty: Value[] = variant.type.startsWith('a(') ? [[property, { type: variant.type, value: [] }]] : [];
      return [...empty, [property, variant]];
    });
    return () => this.setEncoded(name, before);
  }

  /** Ends the unit and what is in it. One that has ended by itself, or failed, is forgotten. */
  stop(name: string): void {
    this.listen();
    try {
      const [job] = this.connection.call(this.manager('StopUnit', 'ss', [name, 'replace']));
      this.await(job as string, `the end of ${name}`);
    } catch (error) {
      if (!isNamed(error, 'NoSuchUnit')) throw error;
    }
    this.resetFailed(name);
  }

  private setEncoded(name: string, properties: readonly Value[]): void {
    if (properties.length === 0) return;
    this.connection.call(this.manager('SetUnitProperties', 'sba(sv)', [name, true, properties]));
    // Systemd answers first and writes the files then, but before it takes another call.
    this.connection.call({ ...MANAGER, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' });
  }

  private resetFailed(name: string): void {
    try {
      this.connection.call(this.manager('ResetFailedUnit', 's', [name]));
    } catch (error) {
      if (!isNamed(error, 'NoSuchUnit')) throw error;
    }
  }

  private manager(member: string, signature: string, body: readonly Value[]): Call {
    return { ...MANAGER, member, signature, body };
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    if (this.isBus) this.connection.subscribe(MANAGER.interface, 'JobRemoved');
    this.connection.call({ ...MANAGER, member: 'Subscribe' });
  }

  /** JobRemoved has number, path, unit and result of a job. */
  private await(job: string, what: string): string {
    const [, , , result] = this.connection.signal(what, 'JobRemoved', ([, path]) => path === job, JOB_MS);
    return result as string;
  }
}

/** `error` of systemd, with its place in config.json. */
export function unitError(error: unknown, place: Place): unknown {
  if (!(error instanceof OrlopError) || error.code !== 'linux/dbus') return error;
  const hint = isNamed(error, 'UnitExists')
    ? 'a unit of this name is there already: name another in cgroupsPath, or end that one with "systemctl stop"'
    : (error.hint ?? '--cgroup-manager cgroupfs goes without systemd');
  return new OrlopError(error.code, error.message, { ...place, hint, cause: error });
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof DBusError && error.errorName === `${NAME}.${name}`;

/** Values cross as text: assembly/plan/unit.ts. */
function encoded({ name, type, value }: UnitProperty): Value {
  return [name, { type, value: typedValue(type, value) }];
}

function typedValue(type: string, value: string | string[]): Value {
  if (Array.isArray(value)) {
    if (type === 'as') return value;
    return value.map((pair) => [pair.slice(0, pair.indexOf(' ')), pair.slice(pair.indexOf(' ') + 1)]);
  }
  if (type === 'ay') return Buffer.from(value, 'hex');
  if (type === 'b') return value === 'true';
  if (type === 's') return value;
  return type === 't' || type === 'x' ? BigInt(value) : Number(value);
}

interface Socket {
  path: string;
  /** Else systemd's own, where no bus runs. */
  isBus: boolean;
}

/** man 3 sd_booted */
function systemSocket(): Socket {
  if (!existsSync('/run/systemd/system')) {
    throw new OrlopError(
      'usage/invalid',
      'systemd is not the first process of this host: /run/systemd/system is missing',
      {
        hint: 'leave --systemd-cgroup out, or say --cgroup-manager cgroupfs',
      },
    );
  }
  const path = pathOf(process.env.DBUS_SYSTEM_BUS_ADDRESS) ?? '/run/dbus/system_bus_socket';
  return existsSync(path) ? { path, isBus: true } : { path: '/run/systemd/private', isBus: false };
}

function userSocket(): Socket {
  const directory = process.env.XDG_RUNTIME_DIR ?? `/run/user/${process.geteuid?.()}`;
  const path = pathOf(process.env.DBUS_SESSION_BUS_ADDRESS) ?? join(directory, 'bus');
  if (existsSync(path)) return { path, isBus: true };
  const own = join(directory, 'systemd/private');
  if (existsSync(own)) return { path: own, isBus: false };
  throw new OrlopError('usage/invalid', `there is no systemd of this user: neither ${path} nor ${own} exists`, {
    hint: 'log in (pam_systemd), or "loginctl enable-linger"; XDG_RUNTIME_DIR has to be set',
  });
}

/** The first socket in a list such as `unix:path=/run/user/1000/bus,guid=…;…`; values are percent-encoded. */
function pathOf(addresses: string | undefined): string | undefined {
  for (const address of addresses?.split(';') ?? []) {
    const [, name, value] = /^unix:(?:.*,)?(path|abstract)=([^,]*)/.exec(address) ?? [];
    if (value !== undefined) return `${name === 'abstract' ? '@' : ''}${decodeURIComponent(value)}`;
  }
  return undefined;
}
