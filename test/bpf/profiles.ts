// Profiles as engines write them, and others at random.

import { readFileSync } from 'node:fs';

export interface Argument {
  index: number;
  value: bigint;
  valueTwo?: bigint;
  op: string;
}

export interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: Argument[];
}

/** runtime-spec config-linux.md#seccomp */
export interface Profile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  syscalls: Rule[];
}

export const NATIVE = 'SCMP_ARCH_X86_64';
export const ALL_X86 = [NATIVE, 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];

interface JsonArgument {
  index: number;
  value: number;
  valueTwo?: number;
  op: string;
}

function withBigints(args: JsonArgument[] | null | undefined): Argument[] {
  return (args ?? []).map((arg) => ({
    index: arg.index,
    value: BigInt(arg.value),
    ...(arg.valueTwo === undefined ? {} : { valueTwo: BigInt(arg.valueTwo) }),
    op: arg.op,
  }));
}

/** Docker's default, as it is in the config of a container (fixtures/configs/docker.json). */
export function dockerProfile(): Profile {
  const config = JSON.parse(readFileSync(new URL('../../fixtures/configs/docker.json', import.meta.url), 'utf8'));
  const { defaultAction, defaultErrnoRet, architectures, syscalls } = config.linux.seccomp;
  const rules = (syscalls as (Rule & { args?: JsonArgument[] })[]).map((rule) => ({
    ...rule,
    args: withBigints(rule.args),
  }));
  return { defaultAction, defaultErrnoRet, architectures, syscalls: rules };
}

interface PodmanRule {
  names: string[];
  action: string;
  args: JsonArgument[] | null;
  errnoRet?: number;
  includes: { arches?: string[]; caps?: string[] };
  excludes: { arches?: string[]; caps?: string[] };
}

/**
 * Podman's default, /usr/share/containers/seccomp.json of golang-github-containers-common 0.50.1 (Apache-2.0), as Podman
 * makes it one for x86_64 and a container with these capabilities.
 */
export function podmanProfile(capabilities: string[]): Profile {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(
    readFileSync(new URL('../../fixtures/seccomp/podman.json', import.meta.url), 'utf8'),
  ) as { defaultAction: string; defaultErrnoRet: number; syscalls: PodmanRule[] };
  const isMeant = ({ includes, excludes }: PodmanRule): boolean =>
    (includes.arches?.includes('amd64') ?? true) &&
    !(excludes.arches?.includes('amd64') ?? false) &&
    (includes.caps?.every((name) => capabilities.includes(name)) ?? true) &&
    !(excludes.caps?.some((name) => capabilities.includes(name)) ?? false);
  const rules = syscalls.filter(isMeant).map(({ names, action, errnoRet, args }) => ({
    names,
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    args: withBigints(args),
  }));
  return { defaultAction, defaultErrnoRet, architectures: ALL_X86, syscalls: rules };
}
