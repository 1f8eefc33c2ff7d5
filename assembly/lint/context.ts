import { Document } from '../json/document';
import { findOption } from '../plan/mount-options';
import { Planner } from '../plan/planner';
import { Spec } from '../spec/config';
import { Linux } from '../spec/linux';
import { Process } from '../spec/process';
import { Resources } from '../spec/resources';
import { Seccomp } from '../spec/seccomp';
import { Findings } from './findings';
import { MountView, viewMounts } from './mount-view';
import { Options } from './options';

/** What rules look at. */
export class Context {
  private views: MountView[] | null = null;

  constructor(
    public document: Document,
    public spec: Spec,
    /** The translation for a host that has everything; what is in it is what a launch would do. */
    public planner: Planner,
    public findings: Findings,
    public options: Options,
  ) {}

  get process(): Process | null {
    return this.spec.process;
  }

  get linux(): Linux | null {
    return this.spec.linux;
  }

  get resources(): Resources | null {
    const linux = this.spec.linux;
    return linux ? linux.resources : null;
  }

  get seccomp(): Seccomp | null {
    const linux = this.spec.linux;
    return linux ? linux.seccomp : null;
  }

  /** The mounts with their options sorted out, in the order of the document. */
  get mounts(): MountView[] {
    const known = this.views;
    if (known) return known;
    const views = viewMounts(this.spec);
    this.views = views;
    return views;
  }

  /** Has a namespace of this type, of its own or a joined one. */
  hasNamespace(type: string): bool {
    return this.planner.namespaces.has(type);
  }

  /** Has a new namespace of this type. */
  createsNamespace(type: string): bool {
    return this.planner.namespaces.creates(type);
  }

  isSpecOption(text: string): bool {
    return findOption(text) != null;
  }

  /** linux.resources, or what it would belong to. */
  placeOfResources(): i32 {
    const linux = this.linux;
    if (!linux) return this.document.root;
    const resources = linux.resources;
    return resources ? resources.node : linux.node;
  }
}
