import { Document, NONE } from '../json/document';
import { Report } from '../report';
import { Hooks, readHooks } from './hooks';
import { Linux, readLinux } from './linux';
import { Mount, readMounts } from './mounts';
import { Process, readProcess } from './process';
import { ObjectReader } from './reader';
import { readResources } from './resources';
import { List, Located, Pair, Value } from './value';

/** runtime-spec config.md#root */
export class Root extends Located {
  path: Value<string> | null = null;
  readonly: Value<bool> | null = null;
}

/** runtime-spec config.md, version 1.3.0, as far as it concerns Linux. Fields have the names of the JSON. */
export class Spec extends Located {
  ociVersion: Value<string> | null = null;
  root: Root | null = null;
  mounts: List<Mount> | null = null;
  process: Process | null = null;
  hostname: Value<string> | null = null;
  domainname: Value<string> | null = null;
  hooks: Hooks | null = null;
  annotations: List<Pair> | null = null;
  linux: Linux | null = null;
}

/** Reads the whole document and reports every shape error: wrong type, out of range, missing, unknown. */
export function readSpec(document: Document, report: Report): Spec {
  const spec = new Spec();
  if (document.root == NONE) return spec;
  spec.node = document.root;
  const at = new ObjectReader(document, document.root, report);
  spec.ociVersion = at.requiredString('ociVersion');
  const root = at.object('root');
  if (root != NONE) spec.root = readRoot(new ObjectReader(document, root, report));
  spec.mounts = readMounts(at);
  const process = at.object('process');
  if (process != NONE) spec.process = readProcess(new ObjectReader(document, process, report));
  spec.hostname = at.string('hostname');
  spec.domainname = at.string('domainname');
  const hooks = at.object('hooks');
  if (hooks != NONE) spec.hooks = readHooks(new ObjectReader(document, hooks, report));
  spec.annotations = at.pairs('annotations');
  const linux = at.object('linux');
  if (linux != NONE) spec.linux = readLinux(new ObjectReader(document, linux, report));
  at.ignore('windows');
  at.ignore('vm');
  at.ignore('solaris');
  at.ignore('zos');
  at.ignore('freebsd');
  at.finish();
  return spec;
}

/** A document that is linux.resources alone: what `update` takes. */
export function readResourcesAlone(document: Document, report: Report): Spec {
  const spec = new Spec();
  if (document.root == NONE) return spec;
  spec.node = document.root;
  const linux = new Linux();
  linux.node = document.root;
  linux.resources = readResources(new ObjectReader(document, document.root, report));
  spec.linux = linux;
  return spec;
}

function readRoot(at: ObjectReader): Root {
  const root = new Root();
  root.node = at.node;
  root.path = at.requiredString('path');
  root.readonly = at.boolean('readonly');
  at.finish();
  return root;
}
