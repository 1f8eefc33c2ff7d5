// pause, resume, ps and kill: commands on the processes of a container.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';

const place = new Workplace('processes');
afterAll(() => place.remove());

const COUNTER = shell('i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.01; done');
const FAMILY = shell('sleep 1000 & sleep 1000 & wait');
const WITHOUT_PID_NAMESPACE: Patch = (config) => {
  config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'pid');
};

/** That of cgroup v1. */
const FREEZER = '/sys/fs/cgroup/freezer';

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  let before: Snapshot;
  let id: string;

  beforeEach(() => {
    id = place.id();
    before = snapshot(place, orlop);
  });

  afterEach(async () => {
    orlop.call(['delete', '--force', id]).ok();
    await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
  });

  function expectError(result: Result, message: string | RegExp): void {
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('bug of orlop');
    expect(result.status).toBe(1);
  }

  function start(...patches: Patch[]) {
    const bundle = place.bundle(...patches);
    orlop.run(bundle, id, '-d').ok();
    return bundle;
  }

  const stopped = () => until('it is stopped', () => orlop.state(id).status === 'stopped');
  const pids = () => JSON.parse(orlop.call(['ps', '-f', 'json', id]).ok().stdout) as number[];

  describe('pause and resume', () => {
    it.skipIf(!existsSync(FREEZER))('does not keep alive who has been killed already', async () => {
      const parent = `/orlop-${id}`;
      start(shell('sleep 1000'), (config) => {
        config.linux.cgroupsPath = `${parent}/${id}`;
      });
      // What holds the process up is not its own cgroup: to orlop it runs, and is about to die.
      const above = join(FREEZER, parent, 'freezer.state');
      writeFileSync(above, 'FROZEN');
      try {
        await until('it is frozen', () => readFileSync(above, 'utf8') === 'FROZEN\n');
        process.kill(orlop.state(id).pid, 'SIGKILL');
        expect(orlop.state(id).status).toBe('running');
        expectError(orlop.call(['pause', id]), `container "${id}" has been killed, and is about to end`);
      } finally {
        writeFileSync(above, 'THAWED');
      }
      await stopped();
    });

    it('stop every process and let it go on', async () => {
      const bundle = start(COUNTER);
      const count = (): string => readFileSync(join(bundle.rootfs, 'count'), 'utf8');
      await until('it counts', () => existsSync(join(bundle.rootfs, 'count')));
      orlop.call(['pause', id]).ok();
      expect(orlop.state(id)).toMatchObject({ status: 'paused' });
      expect(orlop.state(id).pid).toBeGreaterThan(0);
      expect(orlop.call(['list']).ok().stdout).toMatch(new RegExp(`^${id} +\\d+ +paused `, 'm'));
      const frozen = count();
      await sleep(200);
      expect(count()).toBe(frozen);
      orlop.call(['resume', id]).ok();
      expect(orlop.state(id).status).toBe('running');
      await until('it counts on', () => count() !== frozen);
    });

    it('of a created container: it stays created', () => {
      orlop.create(place.bundle(COUNTER), id).ok();
      orlop.call(['pause', id]).ok();
      expect(orlop.state(id).status).toBe('paused');
      expectError(orlop.call(['start', id]), `container "${id}" is paused, not created`);
      orlop.call(['resume', id]).ok();
      expect(orlop.state(id).status).toBe('created');
      orlop.call(['start', id]).ok();
    });

    it('stop a container that forks without end', async () => {
      start(shell('while :; do /bin/true & /bin/true & wait; done'));
      for (let round = 0; round < 5; round++) {
        orlop.call(['pause', id]).ok();
        const first = pids();
        await sleep(50);
        expect(pids()).toEqual(first);
        orlop.call(['resume', id]).ok();
      }
    });

    it('stop a container that has made directories with the names of their files', async () => {
      const line = 'for at in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $at/freezer.state $at/cgroup.freeze; done';
      const bundle = start(shell(`${line}; > /made; sleep 1000`), (config) => {
        for (const mount of config.mounts) {
          if (mount.type === 'cgroup') mount.options = (mount.options ?? []).filter((option) => option !== 'ro');
        }
      });
      await until('they are made', () => existsSync(join(bundle.rootfs, 'made')));
      orlop.call(['pause', id]).ok();
      expect(orlop.state(id).status).toBe('paused');
      orlop.call(['resume', id]).ok();
      expect(orlop.state(id).status).toBe('running');
    });

    it('in the wrong state', async () => {
      for (const command of ['pause', 'resume']) {
        expectError(orlop.call([command, place.id('unknown')]), 'does not exist');
        expectError(orlop.call([command, '../x']), 'is not a container id');
        expectError(orlop.call([command]), '0 arguments');
      }
      start(COUNTER);
      expectError(orlop.call(['resume', id]), `container "${id}" is running, not paused`);
      orlop.call(['pause', id]).ok();
      expectError(orlop.call(['pause', id]), `container "${id}" is paused, not running or created`);
      orlop.call(['kill', id, 'KILL']).ok();
      await stopped();
      expectError(orlop.call(['pause', id]), /is stopped/);
      expectError(orlop.call(['resume', id]), /is stopped/);
    });

    it('a paused container dies of SIGKILL', async () => {
      start(COUNTER);
      orlop.call(['pause', id]).ok();
      orlop.call(['kill', id, 'KILL']).ok();
      await stopped();
      orlop.call(['delete', id]).ok();
    });

    it('another signal waits until it goes on', async () => {
      const { rootfs } = start(shell('trap "exit 3" TERM; touch /up; while :; do sleep 0.01; done'));
      await until('it takes signals', () => existsSync(join(rootfs, 'up')));
      orlop.call(['pause', id]).ok();
      orlop.call(['kill', id, 'TERM']).ok();
      await sleep(100);
      expect(orlop.state(id).status).toBe('paused');
      orlop.call(['resume', id]).ok();
      await stopped();
    });

    it.each([['with'], ['without']])('a paused container %s a pid namespace is deleted by force', (which) => {
      start(FAMILY, ...(which === 'without' ? [WITHOUT_PID_NAMESPACE] : []));
      orlop.call(['pause', id]).ok();
      orlop.call(['delete', '--force', id]).ok();
      expect(orlop.call(['list', '-q']).stdout).not.toContain(id);
    });

    it('what froze itself below its own cgroup is deleted by force all the same', async () => {
      start(FAMILY);
      await until('both sleep', () => pids().length === 3);
      const line = readFileSync(`/proc/${orlop.state(id).pid}/cgroup`, 'utf8').match(/freezer:(.*)/);
      const below = line ? `/sys/fs/cgroup/freezer${line[1]}/below` : `/sys/fs/cgroup/orlop-${id}/below`;
      mkdirSync(below);
      writeFileSync(join(below, 'cgroup.procs'), String(pids().at(-1)));
      writeFileSync(join(below, line ? 'freezer.state' : 'cgroup.freeze'), line ? 'FROZEN' : '1');
      orlop.call(['delete', '--force', id]).ok();
      expect(existsSync(below)).toBe(false);
      if (existsSync(below)) rmdirSync(below);
    });
  });

  describe('ps', () => {
    it('answers the pids of the host as JSON', async () => {
      start(FAMILY);
      await until('both sleep', () => pids().length === 3);
      expect(pids()).toContain(orlop.state(id).pid);
      for (const pid of pids()) expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/sleep|sh/);
    });

    it('shows what ps shows, of the container only', async () => {
      start(FAMILY);
      await until('both sleep', () => pids().length === 3);
      const [title, ...lines] = orlop.call(['ps', id]).ok().lines;
      expect(title).toMatch(/^UID +PID +PPID/);
      expect(lines.map((line) => Number(line.split(/\s+/)[1])).sort()).toEqual(pids().sort());
      expect(orlop.call(['ps', '--format', 'table', id]).ok().lines).toHaveLength(4);
    });

    it('hands options on to ps', () => {
      start(FAMILY);
      const { pid } = orlop.state(id);
      expect(orlop.call(['ps', id, '-e', '-o', 'pid,comm']).ok().stdout).toMatch(new RegExp(`^ *${pid} sh$`, 'm'));
      expect(orlop.call(['ps', id, 'aux']).ok().lines[0]).toMatch(/^USER +PID/);
      expect(orlop.call(['ps', id, '-ef', '-f']).ok().lines[0]).toMatch(/^UID/);
      expectError(orlop.call(['ps', id, '-e', '-o', 'comm']), /ps -e -o comm shows no column PID/);
      expectError(orlop.call(['ps', id, '--nonsense']), /ps --nonsense exited with 1/);
      expectError(orlop.call(['ps', id], { env: { PATH: '/nowhere' }, prefix: ['/usr/bin/env'] }), /ps -ef: ENOENT/);
      expectError(orlop.call(['ps', '-f', 'xml', id]), /--format xml: not a format/);
    });

    it('of a created, a stopped and an unknown container', async () => {
      orlop.create(place.bundle(FAMILY), id).ok();
      expect(pids()).toEqual([orlop.state(id).pid]);
      orlop.call(['kill', id, 'KILL']).ok();
      await stopped();
      expect(pids()).toEqual([]);
      expect(orlop.call(['ps', id]).ok().lines).toHaveLength(1);
      expectError(orlop.call(['ps', place.id('unknown')]), 'does not exist');
      expectError(orlop.call(['ps', 'a/b']), 'is not a container id');
      expectError(orlop.call(['ps']), '0 arguments');
    });
  });

  describe('kill', () => {
    it.each([
      ['USR1', 10],
      ['SIGUSR1', 10],
      ['sigusr1', 10],
      ['10', 10],
      ['SIGRTMIN', 34],
      ['SIGRTMIN+3', 37],
      ['RTMIN+3', 37],
      ['SIGRTMAX-14', 50],
      ['RTMAX', 64],
      ['64', 64],
    ])('sends %s', async (signal, number) => {
      // The shell has no names for some of them, and tells by its exit who ended it.
      start(shell('sleep 1000 & wait'), WITHOUT_PID_NAMESPACE, (config) => {
        config.process.args = [
          '/bin/sh',
          '-c',
          `trap "echo ${number} > /got; exit" ${number}; while :; do sleep 0.01; done`,
        ];
      });
      const { pid, rootfs } = orlop.state(id) as unknown as { pid: number; rootfs: string };
      const caught = (): bigint =>
        BigInt(`0x${/SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]}`);
      await until('it waits for the signal', () => ((caught() >> BigInt(number - 1)) & 1n) === 1n);
      orlop.call(['kill', id, signal]).ok();
      await stopped();
      expect(readFileSync(join(rootfs, 'got'), 'utf8')).toBe(`${number}\n`);
    });

    it.each([['65'], ['-1'], ['SIGRTMIN+31'], ['SIGRTMAX-31'], ['SIGRTMIN-1'], ['SIG'], [''], ['TERM KILL'], ['9.5']])(
      'does not know %j',
      (signal) => {
        start(FAMILY);
        expectError(orlop.call(['kill', id, '--', signal]), /is not a signal/);
        expect(orlop.state(id).status).toBe('running');
      },
    );

    it('--all signals every process', async () => {
      start(
        shell(
          'for i in 1 2 3; do sh -c "trap \\"echo got > /got-$i; exit\\" USR1; touch /up-$i; while :; do sleep 0.01; done" & done; trap "" USR1; wait; wait; wait; sleep 1000',
        ),
      );
      const { rootfs } = orlop.state(id) as unknown as { rootfs: string };
      const all = (name: string) => () => [1, 2, 3].every((index) => existsSync(join(rootfs, `${name}-${index}`)));
      await until('all wait for it', all('up'));
      orlop.call(['kill', '--all', id, 'USR1']).ok();
      await until('all have got it', all('got'));
      expect(orlop.state(id).status).toBe('running');
    });

    it('SIGKILL takes those along who have no pid namespace of their own', async () => {
      start(FAMILY, WITHOUT_PID_NAMESPACE);
      await until('both sleep', () => pids().length === 3);
      orlop.call(['kill', id, 'KILL']).ok();
      await until('all are gone', () => pids().length === 0);
      orlop.call(['delete', id]).ok();
    });

    it('reaches what the first process has left, and then nobody', async () => {
      start(shell('sleep 1000 & exit 0'), WITHOUT_PID_NAMESPACE);
      await stopped();
      expect(pids()).toHaveLength(1);
      expectError(orlop.call(['kill', id, 'TERM']), 'container not running');
      orlop.call(['kill', '--all', id, 'TERM']).ok();
      await until('it is gone', () => pids().length === 0);
      expectError(orlop.call(['kill', '--all', id, 'TERM']), 'container not running');
      expectError(orlop.call(['kill', id, 'KILL']), 'container not running');
    });

    it('signals by pidfd only', () => {
      start(FAMILY);
      const trace = place.path(`trace-${id}`);
      orlop
        .call(['kill', '--all', id, 'KILL'], {
          prefix: ['strace', '-f', '-e', 'trace=kill,tkill,pidfd_send_signal', '-o', trace],
        })
        .ok();
      const text = readFileSync(trace, 'utf8');
      expect(text).toMatch(/pidfd_send_signal\(\d+, SIGKILL/);
      expect(text).not.toMatch(/\bkill\(\d+, SIGKILL/);
    });
  });
});

it('strace is there', () => expect(spawnSync('strace', ['-V']).status).toBe(0));
