import { specModule } from '../../src/spec/embedded.ts';
import {
  type CgroupFacts,
  type Diagnostic,
  OrlopError,
  type Plan,
  type Request,
  SpecDocument,
} from '../../src/spec/index.ts';
import { splice, values } from './values.ts';

const encoder = new TextEncoder();

/** A host with every controller in a hierarchy of its own, cpu and cpuacct together, as systemd mounts them. */
export const V1: CgroupFacts = {
  layout: 'v1',
  hierarchies: [
    ...['cpuset', 'blkio', 'memory', 'devices', 'freezer', 'hugetlb', 'pids', 'rdma', 'net_cls', 'net_prio'].map(
      (name) => ({
        mount: `/sys/fs/cgroup/${name}`,
        controllers: [name],
      }),
    ),
    { mount: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
    { mount: '/sys/fs/cgroup/systemd', name: 'systemd', controllers: [] },
  ],
};

export const V2: CgroupFacts = {
  layout: 'v2',
  mount: '/sys/fs/cgroup',
  controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma'],
};

export function request(cgroup: CgroupFacts, more: Partial<Request> = {}): Request {
  return { version: 1, id: 'box', bundle: '/bundle', facts: { cgroup }, ...more };
}

/** A new instance of the module for every document, as in use. */
export function open(config: string): SpecDocument {
  return new SpecDocument(specModule(), encoder.encode(config));
}

export function plan(config: string, asked: Request): Plan {
  return open(config).plan(asked);
}

/** The findings of a plan, made or refused. */
export function findings(config: string, asked: Request): Diagnostic[] {
  try {
    return plan(config, asked).diagnostics;
  } catch (error) {
    if (error instanceof OrlopError && error.diagnostics) return [...(error.diagnostics as readonly Diagnostic[])];
    throw error;
  }
}

/**
 * The config with values put at pointers: those that are there are replaced, others are added at the end of their object
 * or array, and undefined makes one null, which is absent. The rest keeps its bytes.
 */
export function changed(config: string, changes: Record<string, unknown>): string {
  return Object.entries(changes).reduce((text, [pointer, value]) => put(text, pointer, value), config);
}

function put(text: string, pointer: string, value: unknown): string {
  const all = values(text);
  const found = all.find((candidate) => candidate.pointer === pointer);
  if (found && value !== undefined) return splice(text, found.start, found.end, JSON.stringify(value));
  if (found) return splice(text, found.start, found.end, 'null');
  const cut = pointer.lastIndexOf('/');
  const parent = all.find((candidate) => candidate.pointer === pointer.slice(0, cut));
  if (!parent || value === undefined) throw new Error(`the config has nothing at ${pointer}`);
  const isEmpty = /^[[{]\s*[\]}]$/.test(text.slice(parent.start, parent.end));
  const step = pointer
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const key = parent.kind === 'object' ? `${JSON.stringify(step)}: ` : '';
  return splice(text, parent.end - 1, parent.end - 1, `${isEmpty ? '' : ', '}${key}${JSON.stringify(value)}`);
}
