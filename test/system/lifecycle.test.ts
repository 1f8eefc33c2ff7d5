import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('lifecycle');
afterAll(() => place.remove());

const SLEEPER = shell('trap "exit 3" TERM; while :; do sleep 0.05; done');

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;

  beforeEach(() => {
    before = snapshot(place, orlop);
    id = place.id();
  });

  afterEach(async () => {
    for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
      orlop.call(['delete', '--force', left]);
    }
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  function expectError(result: Result, message: string | RegExp): void {
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('core/crash');
    expect(result.stderr).not.toContain('bug of orlop');
    expect(result.status).toBe(1);
  }

  describe('run', () => {
    it.each([
      ['true', 0],
      ['exit 7', 7],
      ['exit 255', 255],
      ['kill -9 $$', 0],
    ])('passes the exit status of %j through', (line, status) => {
      expect(orlop.run(place.bundle(shell(line)), id).status).toBe(status);
    });

    it('answers 128 and the number of the signal that ended the process', () => {
      // The first process of a pid namespace is safe from its own SIGKILL.
      const bundle = place.bundle(shell('kill -9 $$'), (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
      });
      expect(orlop.run(bundle, id).status).toBe(137);
    });

    it('hands standard input, output and error on', () => {
      const bundle = place.bundle(shell('cat; echo error >&2'));
      const result = orlop.call(['run', '-b', bundle.directory, id], { input: 'a line\n' });
      expect([result.status, result.stdout, result.stderr]).toEqual([0, 'a line\n', 'error\n']);
    });

    it('takes the working directory for the bundle', () => {
      const result = orlop.call(['run', id], { cwd: place.bundle(shell('echo here')).directory });
      expect([result.status, result.stdout]).toEqual([0, 'here\n']);
    });

    it('leaves nothing, whatever the container leaves', async () => {
      orlop.run(place.bundle(shell('sleep 100 & mkdir /left; mount -t tmpfs x /left; true')), id).ok();
      await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    });

    it('ends processes that outlive the first one without a pid namespace', async () => {
      const bundle = place.bundle(shell('sleep 100 >/dev/null 2>&1 & true'), (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
      });
      orlop.run(bundle, id).ok();
      await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
    });

    it('forwards SIGTERM to the container', async () => {
      const bundle = place.bundle(shell('trap "exit 3" TERM; touch /up; while :; do sleep 0.05; done'));
      const { pid, result } = orlop.launch(['run', '-b', bundle.directory, id]);
      await until('it takes signals', () => existsSync(`${bundle.rootfs}/up`));
      process.kill(pid, 'SIGTERM');
      expect((await result).status).toBe(3);
    });

    it('can be looked at, killed and deleted by others meanwhile', async () => {
      const { result } = orlop.launch(['run', '-b', place.bundle(SLEEPER).directory, id]);
      await until('the container runs', () => orlop.call(['state', id]).stdout.includes('"running"'));
      orlop.call(['delete', '--force', id]).ok();
      expect((await result).status).toBe(137);
    });

    it('--keep leaves a stopped container', () => {
      expect(orlop.run(place.bundle(shell('exit 4')), id, '--keep').status).toBe(4);
      expect(orlop.state(id)).toMatchObject({ status: 'stopped', pid: 0 });
      orlop.call(['delete', id]).ok();
    });

    it('--detach answers when the process has started', async () => {
      orlop.run(place.bundle(SLEEPER), id, '--detach').ok();
      expect(orlop.state(id).status).toBe('running');
      orlop.call(['kill', id, 'KILL']).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      orlop.call(['delete', id]).ok();
      expectError(orlop.call(['state', id]), 'does not exist');
    });
  });

  it('goes from create over start and kill to delete', async () => {
    const bundle = place.bundle(shell('trap "exit 3" TERM; echo up > /up; while :; do sleep 0.05; done'));
    orlop.create(bundle, id).ok();
    const created = orlop.state(id);
    expect(created).toMatchObject({ id, status: 'created', bundle: bundle.directory, rootfs: bundle.rootfs });
    expect(created.ociVersion).toMatch(/^1\.\d+\.\d+/);
    expect(created.owner).toBe('root');
    expect(Math.abs(Date.now() - Date.parse(created.created as string))).toBeLessThan(60_000);
    expect(created.annotations).toBeUndefined();
    expect(readFileSync(`/proc/${created.pid}/comm`, 'utf8')).toBe('orlop-init\n');
    expect(existsSync(`${bundle.rootfs}/up`)).toBe(false);

    orlop.call(['start', id]).ok();
    expect(orlop.state(id)).toMatchObject({ status: 'running', pid: created.pid });
    await until('its process runs', () => existsSync(`${bundle.rootfs}/up`));

    orlop.call(['kill', id]).ok();
    await until('it is stopped', () => orlop.state(id).status === 'stopped');
    expect(orlop.state(id).pid).toBe(0);

    orlop.call(['delete', id]).ok();
    expectError(orlop.call(['state', id]), `container "${id}" does not exist`);
  });

  it('has a state with annotations', () => {
    const annotations = { 'org.example.key': 'value', empty: '' };
    const bundle = place.bundle(SLEEPER, (config) => {
      config.annotations = annotations;
    });
    orlop.create(bundle, id).ok();
    expect(orlop.state(id).annotations).toEqual(annotations);
  });

  it('does not follow later changes of the bundle', () => {
    const bundle = place.bundle(shell('echo first > /which'));
    orlop.create(bundle, id).ok();
    bundle.configure(shell('echo second > /which'));
    orlop.call(['start', id]).ok();
    const file = `${bundle.rootfs}/which`;
    return until('it has written', () => existsSync(file) && readFileSync(file, 'utf8') !== '').then(() =>
      expect(readFileSync(file, 'utf8')).toBe('first\n'),
    );
  });

  it('runs, where start was killed before it could take the FIFO away', async () => {
    orlop.create(place.bundle(SLEEPER), id).ok();
    expect(orlop.state(id).status).toBe('created');
    orlop.call(['start', id]).ok();
    expect(spawnSync('mkfifo', [join(orlop.root, id, 'start')]).status).toBe(0);
    expect(orlop.state(id).status).toBe('running');
    expectError(orlop.call(['start', id]), `container "${id}" is running, not created`);
    orlop.call(['kill', id, '9']).ok();
    await until('it is stopped', () => orlop.state(id).status === 'stopped');
    orlop.call(['delete', id]).ok();
  });

  describe('in the wrong state', () => {
    it('start of a running, a stopped and an unknown container', async () => {
      orlop.create(place.bundle(SLEEPER), id).ok();
      orlop.call(['start', id]).ok();
      expectError(orlop.call(['start', id]), `container "${id}" is running, not created`);
      orlop.call(['kill', id, '9']).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      expectError(orlop.call(['start', id]), `container "${id}" is stopped, not created`);
      expectError(orlop.call(['start', place.id('unknown')]), 'does not exist');
    });

    it('delete of a created and of a running container', () => {
      orlop.create(place.bundle(SLEEPER), id).ok();
      expectError(orlop.call(['delete', id]), /not stopped: created/);
      orlop.call(['start', id]).ok();
      expectError(orlop.call(['delete', id]), /not stopped: running/);
      expect(orlop.state(id).status).toBe('running');
      orlop.call(['delete', '--force', id]).ok();
    });

    it('kill of a stopped and of an unknown container', async () => {
      orlop.create(place.bundle(), id).ok();
      orlop.call(['start', id]).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      expectError(orlop.call(['kill', id, '9']), /container not running/);
      expectError(orlop.call(['kill', place.id('unknown'), '9']), /does not exist/);
      expectError(orlop.call(['kill', id, 'NOSUCH']), /"NOSUCH" is not a signal/);
    });

    it('kill of a created container ends it', async () => {
      orlop.create(place.bundle(SLEEPER), id).ok();
      orlop.call(['kill', id, 'KILL']).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      expectError(orlop.call(['start', id]), /is stopped/);
      orlop.call(['delete', id]).ok();
    });

    it('delete of an unknown id is an error, and by force none', () => {
      expectError(orlop.call(['delete', id]), /does not exist/);
      orlop.call(['delete', '--force', id]).ok();
    });
  });

  describe('ids', () => {
    it('are taken once', () => {
      const bundle = place.bundle(SLEEPER);
      orlop.create(bundle, id).ok();
      const { pid } = orlop.state(id);
      expectError(orlop.create(bundle, id), /already exists/);
      expectError(orlop.run(bundle, id), /already exists/);
      expect(orlop.state(id)).toMatchObject({ status: 'created', pid });
    });

    it.each([
      ['../x', '../x'],
      ['an empty one', ''],
      ['a/b', 'a/b'],
      ['.', '.'],
      ['..', '..'],
      ['a space', 'a b'],
      ['a letter beyond ASCII', 'ä'],
      ['1025 letters', 'a'.repeat(1025)],
    ])('refuses %s', (_name, bad) => {
      const bundle = place.bundle();
      expectError(orlop.create(bundle, bad), /is not a container id/);
      expectError(orlop.run(bundle, bad), /is not a container id/);
      for (const command of ['start', 'state', 'kill', 'delete']) {
        expectError(orlop.call([command, bad]), /is not a container id/);
      }
    });

    it('take _ + - . and digits', () => {
      orlop.run(place.bundle(), `${id}_+-.09`).ok();
    });
  });

  it('--pid-file has the pid and nothing else', () => {
    const file = place.path(`pid-${id}`);
    orlop.create(place.bundle(SLEEPER), id, '--pid-file', file).ok();
    expect(readFileSync(file, 'utf8')).toBe(String(orlop.state(id).pid));
  });

  it('lists containers as a table, as JSON and by id', () => {
    const second = place.id();
    const bundle = place.bundle(SLEEPER);
    expect(JSON.parse(orlop.call(['list', '--format', 'json']).ok().stdout)).toEqual([]);
    expect(orlop.call(['list', '-q']).ok().stdout).toBe('');
    orlop.create(bundle, id).ok();
    orlop.run(bundle, second, '-d').ok();
    expect(orlop.call(['list', '-q']).ok().lines.sort()).toEqual([id, second].sort());
    const states = JSON.parse(orlop.call(['list', '-f', 'json']).ok().stdout) as { id: string; status: string }[];
    expect(Object.fromEntries(states.map(({ id: one, status }) => [one, status]))).toEqual({
      [id]: 'created',
      [second]: 'running',
    });
    const [head, ...rows] = orlop.call(['list']).ok().lines;
    expect(head).toMatch(/^ID +PID +STATUS +BUNDLE +CREATED +OWNER$/);
    expect(rows.find((row) => row.startsWith(id))).toMatch(
      new RegExp(`^${id} +${orlop.state(id).pid} +created +${bundle.directory} +\\S+ +root$`),
    );
    expect(rows).toHaveLength(2);
  });

  it('writes an error as a line of JSON to the log', () => {
    const log = place.path(`log-${id}`);
    const bundle = place.bundle((config) => {
      config.process.args = ['/no/such/file'];
    });
    const args = ['--log', log, '--log-format', 'json', 'run', '-b', bundle.directory, id];
    expectError(orlop.call(args), /\/no\/such\/file/);
    const last = JSON.parse(readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '') as Record<string, string>;
    expect(last).toMatchObject({ level: 'error', msg: expect.stringContaining('/no/such/file') });
    expect(new Date(last.time ?? '').toISOString()).toBe(last.time);
  });

  it('refuses what is no command line', () => {
    expectError(orlop.call(['nonsense']), /"nonsense" is not a command/);
    expectError(orlop.call(['run', '--nonsense', id]), /nonsense/);
    expectError(orlop.call(['run']), /0 arguments/);
    expectError(orlop.call(['run', id], { cwd: place.directory }), /config\.json/);
    mkdirSync(place.path(`empty-${id}`));
    expectError(orlop.call(['create', '-b', place.path(`empty-${id}`), id]), /config\.json/);
  });

  it('runs 20 containers at a time', async () => {
    const bundle = place.bundle(shell('sleep 0.3; exit 5'));
    const runs = Array.from({ length: 20 }, () => orlop.launch(['run', '-b', bundle.directory, place.id()]).result);
    const results = await Promise.all(runs);
    expect(results.map((result) => [result.status, result.stderr])).toEqual(results.map(() => [5, '']));
  });

  it('lets exactly one of two have an id', async () => {
    const bundle = place.bundle(shell('while ! test -e /go; do sleep 0.05; done; exit 5'));
    const go = `${bundle.rootfs}/go`;
    for (let round = 0; round < 5; round++) {
      const runs = [0, 1].map(() => orlop.launch(['run', '-b', bundle.directory, id]).result);
      expectError(await Promise.race(runs), /already exists/);
      writeFileSync(go, '');
      expect((await Promise.all(runs)).map(({ status }) => status).sort()).toEqual([1, 5]);
      rmSync(go);
    }
  });
});
