import { Document, Kind, NONE } from '../json/document';
import { ObjectReader } from '../spec/reader';
import { runtimeNames } from './gaps';

/** A runtime that a config is for: one of those whose gaps are known, by version, or whatever has told of its features. */
export class Target {
  /** Of runtime-spec features.md, NONE for a runtime that is known by name. */
  features: i32 = NONE;

  constructor(
    /** As it was asked for: `runc@1.1`. */
    public name: string,
    public runtime: string,
    /** Major × 1000 + minor; 0 for the newest that is known. */
    public version: i32,
    /** Of `features`. */
    public document: Document,
  ) {}

  /** A value of the features by its pointer, NONE if they do not tell of it. */
  find(pointer: string): i32 {
    const steps = pointer.split('/');
    let node = this.features;
    for (let index = 1; index < steps.length && node != NONE; index++) node = this.document.member(node, steps[index]);
    return node;
  }

  /** The strings of a list of the features. */
  addTexts(list: i32, texts: string[]): void {
    for (let item = this.document.firstChild(list); item != NONE; item = this.document.nextSibling(item)) {
      if (this.document.kind(item) == Kind.STRING) texts.push(this.document.text(item));
    }
  }
}

export const NEWEST: i32 = i32.MAX_VALUE;

/** `"runc"`, `"runc@1.1"`, or a features document itself. */
export function readTargets(reader: ObjectReader): Target[] {
  const targets: Target[] = [];
  const document = reader.document;
  const array = reader.array('targets');
  if (array == NONE) return targets;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    if (document.kind(item) == Kind.OBJECT) {
      const target = new Target(nameOfFeatures(document, item), '', NEWEST, document);
      target.features = item;
      targets.push(target);
    } else if (document.kind(item) == Kind.STRING) {
      const target = readName(document.text(item), document);
      if (target) targets.push(target);
      else refuse(reader, item);
    } else refuse(reader, item);
  }
  return targets;
}

function readName(text: string, document: Document): Target | null {
  const at = text.indexOf('@');
  const runtime = at < 0 ? text : text.substring(0, at);
  if (!runtimeNames().includes(runtime)) return null;
  const version = at < 0 ? NEWEST : versionOf(text.substring(at + 1));
  return version < 0 ? null : new Target(text, runtime, version, document);
}

/** 1001 for 1.1 and 1.1.5; -1 for what is no version. */
export function versionOf(text: string): i32 {
  const parts = text.split('.');
  if (parts.length < 2) return -1;
  const major = smallNumber(parts[0]);
  const minor = smallNumber(parts[1]);
  return major < 0 || minor < 0 ? -1 : major * 1000 + minor;
}

function smallNumber(text: string): i32 {
  if (text.length == 0 || text.length > 3) return -1;
  let number = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** runc and others tell their version in an annotation, `org.opencontainers.runc.version`. */
function nameOfFeatures(document: Document, features: i32): string {
  const annotations = document.member(features, 'annotations');
  if (annotations == NONE) return 'the runtime of these features';
  const runc = document.member(annotations, 'org.opencontainers.runc.version');
  if (runc != NONE && document.kind(runc) == Kind.STRING) return `runc ${document.text(runc)}`;
  const crun = document.member(annotations, 'run.oci.crun.version');
  if (crun != NONE && document.kind(crun) == Kind.STRING) return `crun ${document.text(crun)}`;
  return 'the runtime of these features';
}

function refuse(reader: ObjectReader, node: i32): void {
  if (reader.report.errorCount > 100) return;
  const names = runtimeNames();
  let list = '';
  for (let index = 0; index < names.length; index++) list += `${index ? ', ' : ''}${names[index]}`;
  reader.report.error(
    'OCI004',
    node,
    `${reader.document.kind(node) == Kind.STRING ? `"${reader.document.text(node)}"` : 'this'} is no target`,
    `name one of ${list}, with a version as in "runc@1.1", or put in what "features" of the runtime prints`,
  );
}
