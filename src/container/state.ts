import { type Status, statusOf } from './status.ts';
import { type State, Store } from './store.ts';

/** runtime-spec runtime.md#state, with what engines read beyond it. */
export interface ContainerState {
  ociVersion: string;
  id: string;
  /** 0 when there is no process. */
  pid: number;
  status: string;
  bundle: string;
  rootfs: string;
  created: string;
  annotations?: Record<string, string>;
  owner: string;
}

/** Exactly what the spec has, for hooks and agents; without a process there is no pid. */
export function ociStateOf(state: State, status: Status): object {
  const { ociVersion, id, pid, bundle, annotations } = state;
  return { ociVersion, id, status, ...(status === 'stopped' ? {} : { pid }), bundle, annotations };
}

/** undefined for a directory that a killed create has left before it wrote anything. */
export function stateOf(root: string, id: string): ContainerState | undefined {
  const entry = new Store(root).open(id, false);
  const state = entry.read();
  if (!state) return undefined;
  const status = statusOf(entry, state);
  return {
    ociVersion: state.ociVersion,
    id,
    pid: status === 'stopped' ? 0 : (state.pid ?? 0),
    status,
    bundle: state.bundle,
    rootfs: state.rootfs,
    created: state.created,
    ...(Object.keys(state.annotations).length > 0 ? { annotations: state.annotations } : {}),
    owner: state.owner,
  };
}

/** All containers, by id. One that is deleted meanwhile is left out; one that cannot be read is for `fail`. */
export function listStates(root: string, fail: (error: unknown) => void = rethrow): ContainerState[] {
  return new Store(root).list().flatMap((id) => {
    try {
      return stateOf(root, id) ?? [];
    } catch (error) {
      if ((error as { code?: string }).code !== 'container/missing') fail(error);
      return [];
    }
  });
}

function rethrow(error: unknown): never {
  throw error;
}
