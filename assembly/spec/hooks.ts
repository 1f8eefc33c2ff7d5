import { NONE } from '../json/document';
import { ObjectReader } from './reader';
import { List, Located, Value } from './value';

/** runtime-spec config.md#posix-platform-hooks */
export class Hook extends Located {
  path: Value<string> | null = null;
  args: List<Value<string>> | null = null;
  env: List<Value<string>> | null = null;
  timeout: Value<i64> | null = null;
}

export class Hooks extends Located {
  prestart: List<Hook> | null = null;
  createRuntime: List<Hook> | null = null;
  createContainer: List<Hook> | null = null;
  startContainer: List<Hook> | null = null;
  poststart: List<Hook> | null = null;
  poststop: List<Hook> | null = null;
}

export function readHooks(at: ObjectReader): Hooks {
  const hooks = new Hooks();
  hooks.node = at.node;
  hooks.prestart = readKind(at, 'prestart');
  hooks.createRuntime = readKind(at, 'createRuntime');
  hooks.createContainer = readKind(at, 'createContainer');
  hooks.startContainer = readKind(at, 'startContainer');
  hooks.poststart = readKind(at, 'poststart');
  hooks.poststop = readKind(at, 'poststop');
  at.finish();
  return hooks;
}

function readKind(parent: ObjectReader, key: string): List<Hook> | null {
  const array = parent.array(key);
  if (array == NONE) return null;
  const document = parent.document;
  const list = new List<Hook>();
  list.node = array;
  for (let item = document.firstChild(array); item != NONE; item = document.nextSibling(item)) {
    const at = new ObjectReader(document, item, parent.report);
    const hook = new Hook();
    hook.node = item;
    hook.path = at.requiredString('path');
    hook.args = at.strings('args');
    hook.env = at.strings('env');
    hook.timeout = at.signed('timeout', 1);
    at.finish();
    list.items.push(hook);
  }
  return list;
}
