// runtime-spec config.md#posix-platform-hooks: each kind in its place, with its state, and what a failure undoes.

import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('hooks');
afterAll(() => place.remove());

const KINDS = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
type Kind = (typeof KINDS)[number];
const OF_CREATE: readonly Kind[] = ['prestart', 'createRuntime', 'createContainer'];
const OF_START: readonly Kind[] = ['startContainer', 'poststart'];
const FATAL = [...OF_CREATE, ...OF_START];

interface Hook {
  path: string;
  args?: string[];
  env?: string[];
  timeout?: number;
}

/** The shell of the host's busybox, or of the container's. */
function script(kind: Kind, line: string, more: Partial<Hook> = {}): Hook {
  const path = kind === 'startContainer' ? '/bin/sh' : '/usr/bin/busybox';
  return { path, args: ['sh', '-c', line], ...more };
}

function hooks(table: Partial<Record<Kind, Hook[]>>): Patch {
  return (config) => {
    config.hooks = table;
  };
}

/** A directory of the host that is /log in the container. */
function logged(directory: string): Patch {
  return (config) => {
    config.mounts.push({ destination: '/log', source: directory, options: ['bind', 'rw'] });
  };
}

const logOf = (kind: Kind, directory: string): string => (kind === 'startContainer' ? '/log' : directory);

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;
  let directory: string;

  beforeEach(() => {
    before = snapshot(place, orlop);
    id = place.id();
    directory = place.path(`log-${id}`);
    mkdirSync(directory);
  });

  afterEach(async () => {
    for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean))
      orlop.call(['delete', '--force', left]);
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const stateOf = (kind: Kind): Record<string, unknown> => JSON.parse(read(`${kind}.state`));
  const order = (): string[] => (existsSync(join(directory, 'order')) ? read('order').trimEnd().split('\n') : []);

  /** Notes that it ran, and with what state. */
  function note(kind: Kind, line = 'true'): Hook {
    const log = logOf(kind, directory);
    return script(kind, `export PATH=/bin:/usr/bin; echo ${kind} >> ${log}/order; cat > ${log}/${kind}.state; ${line}`);
  }

  const all = (): Patch => hooks(Object.fromEntries(KINDS.map((kind) => [kind, [note(kind)]])));

  function expectState(kind: Kind, status: string, pid?: number): void {
    const expected = { ociVersion: '1.3.0', id, status, bundle: expect.stringContaining(place.directory) };
    const annotations = { 'org.example.key': 'a "value"\n' };
    expect(stateOf(kind)).toEqual({ ...expected, annotations, ...(pid === undefined ? {} : { pid }) });
  }

  const annotated: Patch = (config) => {
    config.annotations = { 'org.example.key': 'a "value"\n' };
  };

  function expectFailure(result: Result, kind: Kind, ...says: (string | RegExp)[]): void {
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`${kind} hook "`);
    expect(result.stderr).toMatch(/config\.json:\d+:\d+.*/);
    expect(result.stderr).toContain(`/hooks/${kind}/0`);
    for (const text of says) expect(result.stderr).toMatch(text);
    expect(result.stderr).not.toContain('bug of orlop');
  }

  describe('in order', () => {
    it('each with the state of its moment, over create, start and delete', async () => {
      const bundle = place.bundle(shell('echo process >> /log/order; sleep 100'), logged(directory), annotated, all());
      orlop.create(bundle, id).ok();
      const { pid } = orlop.state(id);
      expect(order()).toEqual(OF_CREATE);
      for (const kind of OF_CREATE) expectState(kind, 'creating', pid);
      orlop.call(['start', id]).ok();
      expectState('startContainer', 'created', pid);
      expectState('poststart', 'running', pid);
      expect(order()).not.toContain('poststop');
      await until('it has begun', () => order().includes('process'));
      orlop.call(['kill', id, 'KILL']).ok();
      rmSync(bundle.config);
      orlop.call(['delete', '--force', id]).ok();
      expectState('poststop', 'stopped');
      expect(order().filter((line) => line !== 'process')).toEqual(KINDS);
      expect(order().indexOf('process')).toBeGreaterThan(order().indexOf('startContainer'));
    });

    it('under run, with several of a kind as they are listed', () => {
      const twice = (kind: Kind): Hook[] =>
        ['1', '2'].map((n) => script(kind, `echo ${kind}${n} >> ${logOf(kind, directory)}/order`));
      const bundle = place.bundle(
        logged(directory),
        hooks(Object.fromEntries(KINDS.map((kind) => [kind, twice(kind)]))),
      );
      orlop.run(bundle, id).ok();
      expect(order()).toEqual(KINDS.flatMap((kind) => [`${kind}1`, `${kind}2`]));
    });

    it('poststop when a running container is deleted by force', () => {
      const bundle = place.bundle(
        shell('sleep 100'),
        logged(directory),
        annotated,
        hooks({ poststop: [note('poststop')] }),
      );
      orlop.run(bundle, id, '--detach').ok();
      orlop.call(['delete', '--force', id]).ok();
      expectState('poststop', 'stopped');
    });
  });

  describe('surroundings', () => {
    const own = ['mnt', 'uts', 'pid', 'ipc', 'net'];
    const names = own.map((name) => `/proc/self/ns/${name}`).join(' ');

    it.each(KINDS)(
      '%s has the namespaces that the spec says, its arguments and nothing but its environment',
      (kind) => {
        const log = logOf(kind, directory);
        const line = `export PATH=/bin:/usr/bin; for ns in ${names}; do readlink $ns; done > ${log}/ns; echo "$0 $1" > ${log}/args; tr '\\0' '\\n' < /proc/self/environ > ${log}/env; ls /proc/self/fd > ${log}/fds`;
        const isBusybox = kind !== 'startContainer';
        const args = [isBusybox ? 'sh' : '/bin/sh', '-c', line, 'zero', 'one'];
        const bundle = place.bundle(
          shell(`for ns in ${names}; do readlink $ns; done > /log/container`),
          logged(directory),
          hooks({ [kind]: [{ ...script(kind, line), args, env: ['ONLY=this'] }] }),
        );
        orlop.run(bundle, id).ok();
        const inside = kind === 'createContainer' || kind === 'startContainer';
        const host = own.map((name) => readlinkSync(`/proc/self/ns/${name}`));
        const expected = inside ? read('container').trimEnd().split('\n') : host;
        expect(read('ns').trimEnd().split('\n')).toEqual(expected);
        expect(read('container').trimEnd().split('\n')).not.toEqual(host);
        expect(read('args')).toBe('zero one\n');
        expect(
          read('env')
            .split('\n')
            .filter((text) => /^(ONLY|HOME|TERM|XDG|npm)/.test(text)),
        ).toEqual(['ONLY=this']);
        // The last is the directory itself.
        expect(read('fds').trimEnd().split('\n')).toHaveLength(4);
      },
    );

    it.skipIf(!existsSync('/sbin/ip'))('sysctls are for interfaces that createRuntime has made too', () => {
      const pid = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')`;
      const peer = `orlop${process.pid % 10_000}`;
      const line = `export PATH=/bin:/usr/bin; ${pid}; /sbin/ip link add ${peer} type veth peer name eth7 netns $pid`;
      const sysctl = 'net/ipv4/conf/eth7/forwarding';
      const bundle = place.bundle(
        shell(`cat /proc/sys/${sysctl}`),
        (config) => {
          config.linux.sysctl = { 'net.ipv4.conf.eth7.forwarding': '1' };
        },
        hooks({ createRuntime: [script('createRuntime', line)] }),
      );
      expect(orlop.run(bundle, id).ok().lines).toEqual(['1']);
    });

    it.each(KINDS)('%s without env has that of the caller, or of the process where it is in the container', (kind) => {
      const line = `tr '\\0' '\\n' < /proc/self/environ > ${logOf(kind, directory)}/env; cat > /dev/null`;
      const bundle = place.bundle(
        shell('true'),
        logged(directory),
        (config) => {
          config.process.env = ['PATH=/bin', 'OF=process'];
        },
        hooks({ [kind]: [script(kind, `PATH=/bin:/usr/bin; ${line}`)] }),
      );
      orlop.call(['run', '-b', bundle.directory, id], { env: { OF: 'caller' } }).ok();
      const inside = kind === 'createContainer' || kind === 'startContainer';
      expect(read('env').split('\n')).toContain(`OF=${inside ? 'process' : 'caller'}`);
      if (inside) expect(read('env').trimEnd().split('\n')).toEqual(['PATH=/bin', 'OF=process', 'HOME=/']);
    });

    it.each(KINDS)('%s with an empty env has none', (kind) => {
      const line = `tr '\\0' '\\n' < /proc/self/environ > ${logOf(kind, directory)}/env; cat > /dev/null`;
      const bundle = place.bundle(
        logged(directory),
        hooks({ [kind]: [script(kind, `PATH=/bin:/usr/bin; ${line}`, { env: [] })] }),
      );
      orlop.run(bundle, id).ok();
      expect(read('env')).toBe('');
    });

    it('startContainer runs as the user of the process', () => {
      const bundle = place.bundle(
        logged(directory),
        (config) => {
          config.process.user = { uid: 1000, gid: 1000 };
        },
        hooks({ startContainer: [script('startContainer', 'echo $(id -u) $(pwd); exit 5')] }),
      );
      expectFailure(orlop.run(bundle, id), 'startContainer', /^\s*1000 \/$/m);
    });

    it('what create hooks mount on the root of the bundle is in the container, with any propagation and change of root', () => {
      for (const propagation of ['rslave', 'shared', 'rprivate'])
        for (const options of [[], ['--no-pivot']]) {
          const name = place.id();
          const bundle = place.bundle(shell('cat /root/file /tmp/file; ls /proc/1 > /dev/null'), (config) => {
            config.linux.rootfsPropagation = propagation;
          });
          mkdirSync(join(bundle.directory, 'one'));
          bundle.write('../one/file', 'mounted\n');
          const from = join(bundle.directory, 'one');
          const runtime = `export PATH=/bin:/usr/bin; pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/'); nsenter -m -t $pid mount --bind ${from} ${bundle.rootfs}/root`;
          const text = JSON.parse(readFileSync(bundle.config, 'utf8'));
          const patch: Patch = (config) => {
            config.process.args = text.process.args;
            config.linux.rootfsPropagation = propagation;
          };
          bundle.configure(
            patch,
            hooks({
              createRuntime: [script('createRuntime', runtime)],
              createContainer: [script('createContainer', `/bin/mount --bind ${from} ${bundle.rootfs}/tmp`)],
            }),
          );
          // A mount namespace whose mounts are shared, as systemd makes the host's.
          const prefix = ['unshare', '--mount', '--propagation', 'shared'];
          const result = orlop.call(['run', '-b', bundle.directory, ...options, name], { prefix }).ok();
          expect([propagation, options, result.stdout]).toEqual([propagation, options, 'mounted\nmounted\n']);
          rmSync(from, { recursive: true });
        }
    });
  });

  describe('output', () => {
    it.each(KINDS)('of %s goes to the log, and never to the output of the container', (kind) => {
      const log = join(directory, 'log');
      const bundle = place.bundle(
        shell('echo container'),
        hooks({ [kind]: [script(kind, 'echo to output; echo to error >&2')] }),
      );
      const words = ['--debug', '--log', log, '--log-format', 'json', 'run', '-b', bundle.directory, id];
      const result = orlop.call(words).ok();
      expect([result.stdout, result.stderr]).toEqual(['container\n', '']);
      const messages = read('log')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).msg);
      const file = script(kind, '').path;
      expect(messages).toEqual([`${kind} hook "${file}" wrote: to output\nto error`]);
    });

    it.each(KINDS)('of %s may be long, and be held open by whom it leaves behind', (kind) => {
      const line = 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; /bin/sleep 0.3 &';
      const bundle = place.bundle(shell('sleep 0.5'), hooks({ [kind]: [script(kind, line)] }));
      const result = orlop.call(['--debug', 'run', '-b', bundle.directory, id]).ok();
      expect(result.stderr).toContain('line 1998\nline 1999\n');
    });
  });

  describe('failure', () => {
    it.each(FATAL)('of %s undoes everything, runs what comes last, and says why', (kind) => {
      const poststop = note('poststop');
      const bundle = place.bundle(
        shell('echo process >> /log/order; sleep 100'),
        logged(directory),
        hooks({
          [kind]: [note(kind, 'echo first line; echo last line >&2; exit 3'), note(kind)],
          poststop: [poststop],
        }),
      );
      if (OF_START.includes(kind)) orlop.create(bundle, id).ok();
      const result = OF_START.includes(kind) ? orlop.call(['start', id]) : orlop.create(bundle, id);
      expectFailure(result, kind, 'exit status 3', 'first line', 'last line');
      expect(order().filter((line) => line !== 'process')).toEqual([kind, 'poststop']);
      expect(orlop.call(['state', id]).stderr).toContain('does not exist');
    });

    it.each(FATAL)('of %s under run', (kind) => {
      const bundle = place.bundle(shell('sleep 100'), hooks({ [kind]: [script(kind, 'kill -SEGV $$')] }));
      expectFailure(orlop.run(bundle, id), kind, 'killed by SIGSEGV');
      expect(orlop.call(['list', '-q']).stdout).toBe('');
    });

    it.each(FATAL)('of %s whose program is missing', (kind) => {
      const bundle = place.bundle(
        shell('sleep 100'),
        hooks({ [kind]: [{ path: '/no/such/hook', args: ['hook', 'x'] }] }),
      );
      const result = orlop.run(bundle, id);
      expectFailure(result, kind, '/no/such/hook', '"hook","x"', /(execve|posix_spawn)\(.*ENOENT/);
    });

    it.each(FATAL)('of %s that takes longer than its timeout', (kind) => {
      const hook = script(kind, 'echo before; exec /bin/sleep 100', { timeout: 3 });
      const bundle = place.bundle(shell('sleep 100'), hooks({ [kind]: [hook] }));
      const start = Date.now();
      const result = orlop.run(bundle, id);
      expect(Date.now() - start).toBeGreaterThanOrEqual(3000);
      expect(Date.now() - start).toBeLessThan(20_000);
      expectFailure(result, kind, 'killed after its timeout of 3 s', 'before');
    });

    it('of poststop is a warning, and the others run', () => {
      const bundle = place.bundle(
        shell('exit 4'),
        logged(directory),
        hooks({
          poststop: [
            script('poststop', 'echo reason; exit 9'),
            { path: '/no/such/hook' },
            script('poststop', 'exec /bin/sleep 100', { timeout: 1 }),
            note('poststop'),
          ],
        }),
      );
      const result = orlop.run(bundle, id);
      expect(result.status).toBe(4);
      expect(result.stderr.match(/warning/g)).toHaveLength(3);
      for (const text of ['exit status 9', 'reason', 'ENOENT', 'timeout of 1 s']) expect(result.stderr).toContain(text);
      expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/hooks\/poststop\/0/);
      expect(order()).toEqual(['poststop']);
    });

    it('of something else runs poststop too', () => {
      const bundle = place.bundle(hooks({ poststop: [note('poststop')] }), (config) => {
        config.process.args = ['/no/such/program'];
      });
      expect(orlop.create(bundle, id).status).toBe(1);
      expect(order()).toEqual(['poststop']);
    });
  });
});
