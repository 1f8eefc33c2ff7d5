import { describe, expect, test } from 'vitest';
import type { HookStep } from '../../src/spec/types.ts';
import { fixture } from './module.ts';
import { changed, findings, open, plan, request, V1 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const KINDS = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;

function withHooks(...kinds: readonly string[]): string {
  const hooks = kinds.map((kind) => [
    kind,
    [{ path: `/bin/${kind}`, args: [kind, 'x'], env: ['A=1', 'B='], timeout: 7 }, { path: '/bin/plain' }],
  ]);
  return changed(runc, { '/hooks': Object.fromEntries(hooks) });
}

/** The listing of an image, and what of it belongs to a hook. */
function listing(config: string): { all: string[]; of: (pointer: string) => string[] } {
  const document = open(config);
  const { steps } = document.plan(request(V1, { id: 'box', bundle: '/bundle' }));
  document.image('/');
  const rows = document.rows();
  return {
    all: rows.map(({ text }) => text),
    of: (pointer) => {
      const index = steps.findIndex(({ path }) => path === pointer);
      return rows.filter(({ step }) => step === index).map(({ text }) => text);
    },
  };
}

describe('the plan', () => {
  const { steps, diagnostics } = plan(withHooks(...KINDS), request(V1));
  const verbs = steps.map(({ verb, kind }) => (verb === 'hook' ? kind : verb));

  test('has every hook twice, in the order of the lifecycle', () => {
    expect(diagnostics).toEqual([]);
    expect(verbs.filter((verb) => KINDS.some((kind) => kind === verb))).toEqual(KINDS.flatMap((kind) => [kind, kind]));
    const order = [
      'mount',
      'sysctl',
      'prestart',
      'createContainer',
      'mask',
      'pivot',
      'ready',
      'startContainer',
      'execute',
    ];
    const places = [...order, 'poststart'].map((verb) => verbs.indexOf(verb)).filter((index) => index >= 0);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(verbs.lastIndexOf('mount')).toBeLessThan(verbs.indexOf('prestart'));
    expect(verbs.lastIndexOf('createContainer')).toBeLessThan(verbs.indexOf('mask'));
  });

  test('says who runs them, and all but the environment', () => {
    expect(steps.filter(({ by, verb }) => verb === 'hook' && by === 'init').map(({ kind }) => kind)).toEqual(
      ['createContainer', 'startContainer'].flatMap((kind) => [kind, kind]),
    );
    expect(steps.find(({ kind }) => kind === 'poststop')).toMatchObject({
      by: 'host',
      text: 'poststop hook "/bin/poststop"',
      path: '/hooks/poststop/0',
      file: '/bin/poststop',
      args: ['poststop', 'x'],
      environment: 2,
      timeout: 7,
    });
  });
});

test('the host gets all of a hook, with its place; without args the path is its name', () => {
  const config = withHooks(...KINDS);
  const hooks = open(config)
    .prepare(request(V1))
    .steps.filter(({ verb }) => verb === 'hook') as HookStep[];
  expect(hooks.map(({ path }) => path)).toEqual(KINDS.flatMap((kind) => [`/hooks/${kind}/0`, `/hooks/${kind}/1`]));
  const [first, second] = hooks;
  expect(first).toMatchObject({ args: ['prestart', 'x'], env: ['A=1', 'B='], timeout: 7 });
  expect(second).toMatchObject({ file: '/bin/plain', args: ['/bin/plain'] });
  expect(second).not.toHaveProperty('env');
  expect(second).not.toHaveProperty('timeout');
});

test('a timeout beyond the integers of JavaScript is the last of them', () => {
  const config = changed(runc, { '/hooks': { poststop: [{ path: '/x', timeout: 0 }] } });
  const [hook] = open(config.replace('"timeout":0', '"timeout":9223372036854775807'))
    .prepare(request(V1))
    .steps.slice(-1);
  expect(hook?.timeout).toBe(Number.MAX_SAFE_INTEGER);
});

describe('the rows', () => {
  test('without hooks there is no question, and the root goes on top of "/" at once', () => {
    const { all } = listing(runc);
    expect(all.filter((text) => text.includes('hooks'))).toEqual([]);
    expect(all.filter((text) => text.startsWith('move_mount(root'))).toEqual([
      'move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)',
    ]);
  });

  test.each(['startContainer', 'poststart', 'poststop'])('%s hooks cost create nothing', (kind) => {
    const mounts = (config: string) => listing(config).all.filter((text) => text.startsWith('move_mount(root'));
    expect(mounts(withHooks(kind))).toEqual(mounts(runc));
  });

  test('the host is asked once for all of create', () => {
    const { all, of } = listing(withHooks(...KINDS));
    expect(of('/hooks/prestart/0')).toContain('write(socket, hooks, 24)');
    expect(all.filter((text) => text === 'write(socket, hooks, 24)')).toHaveLength(1);
    for (const kind of ['createRuntime', 'poststart', 'poststop']) expect(of(`/hooks/${kind}/0`)).toEqual([]);
  });

  test('a hook of create finds the root on its own path, until it is moved', () => {
    const roots = listing(withHooks('createContainer')).all.filter((text) => text.startsWith('move_mount(root'));
    expect(roots).toEqual([
      'move_mount(root, "", AT_FDCWD, "/bundle/rootfs", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_SYMLINKS)',
      'move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)',
    ]);
  });

  test.each([
    ['createContainer', 'socket'],
    ['startContainer', 'exec'],
  ])('a %s hook is a child, and tells on %s what it has come to', (kind, channel) => {
    const texts = listing(withHooks(kind)).of(`/hooks/${kind}/0`);
    const has = (part: string) => texts.filter((text) => text.startsWith(part));
    expect(has('readlinkat(proc, "self"')).toHaveLength(1);
    expect(has(`execve("/bin/${kind}", ["${kind}", "x"], [2 strings])`)).toHaveLength(1);
    expect(has('clone(CLONE_VM|CLONE_PIDFD|CLONE_VFORK|SIGCHLD, NULL, pidfd, NULL, 0)')).toHaveLength(1);
    expect(has('ppoll(pidfd, 1, {seconds=7}, NULL, 8)')).toHaveLength(1);
    expect(has(`writev(${channel}, [record, text], 2)`)).toHaveLength(2);
  });

  test('the state is written once for each kind, and waits for ever without a timeout', () => {
    const texts = listing(withHooks('startContainer')).of('/hooks/startContainer/1');
    expect(texts.filter((text) => text.startsWith('readlinkat'))).toEqual([]);
    expect(texts).toContain('ppoll(pidfd, 1, NULL, NULL, 8) = ended');
  });
});

describe('a hook that cannot be', () => {
  test.each([
    ['OCI701', '/hooks/poststop/0/path', { path: 'bin/true' }],
    ['OCI013', '/hooks/poststop/0/path', { path: '/a\0b' }],
    ['OCI013', '/hooks/poststop/0/args/1', { path: '/a', args: ['a', '\0'] }],
    ['OCI013', '/hooks/poststop/0/env/0', { path: '/a', env: ['A=\0'] }],
  ])('%s at %s', (rule, path, hook) => {
    const found = findings(changed(runc, { '/hooks': { poststop: [hook] } }), request(V1));
    expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([{ rule, path }]);
  });
});
