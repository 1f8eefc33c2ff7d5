// SCMP_ACT_NOTIFY: the agent at listenerPath gets the listener, and answers for the container's calls.

import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, type Result, until } from './support/orlop.ts';
import { type Answers, SeccompAgent } from './support/seccomp-agent.ts';

const place = new Workplace('seccomp-listener');
let orlop = new Orlop(place);
let before: Snapshot;
let agent: SeccompAgent | undefined;
let socket = '';

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
  socket = `${place.path(place.id())}.sock`;
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  agent?.end();
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

/** Numbers of arch/x86/entry/syscalls/syscall_64.tbl */
const MKDIR = 83;
const READ = 0;
const EXECVE = 59;
const EDQUOT = 122;

async function listen(answers: Answers): Promise<SeccompAgent> {
  agent = new SeccompAgent(socket, answers);
  await agent.listening();
  return agent;
}

function notifying(names: string[], more: object = {}, noNewPrivileges = true): Patch {
  return (config) => {
    config.process.noNewPrivileges = noNewPrivileges;
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: socket,
      listenerMetadata: 'for the agent',
      syscalls: [{ names, action: 'SCMP_ACT_NOTIFY' }],
      ...more,
    };
  };
}

const run = (line: string, ...patches: Patch[]): Result => orlop.run(place.bundle(shell(line), ...patches), place.id());

describe.skipIf(!existsSync('/usr/bin/python3'))('a seccomp agent', () => {
  describe.each(builds())('$name', (build) => {
    beforeEach(() => {
      orlop = new Orlop(place, build);
      before = snapshot(place, orlop);
    });

    it.each([true, false])('is told while the container is made, and answers; noNewPrivileges %s', async (isSet) => {
      const told = await listen({ [MKDIR]: EDQUOT });
      const id = place.id();
      const bundle = place.bundle(shell('mkdir /x; echo $?'), notifying(['mkdir'], {}, isSet), (config) => {
        config.annotations = { some: 'thing' };
      });
      orlop.create(bundle, id).ok();
      const { pid } = orlop.state(id);
      const [{ state, fds }] = (await told.states(1)) as [Awaited<ReturnType<SeccompAgent['states']>>[number]];
      expect(fds).toBe(1);
      expect(state).toEqual({
        ociVersion: '1.3.0',
        fds: ['seccompFd'],
        pid,
        metadata: 'for the agent',
        state: {
          ociVersion: '1.3.0',
          id,
          status: 'creating',
          pid,
          bundle: bundle.directory,
          annotations: { some: 'thing' },
        },
      });
      orlop.call(['start', id]).ok();
      await until('the container ends', () => orlop.state(id).status === 'stopped');
      await until('the agent says so', () => told.said('call').length > 0);
      expect(told.said('call').map(([, number, , answer]) => [number, answer])).toEqual([[MKDIR, EDQUOT]]);
    });

    it('is told of a process that exec adds', async () => {
      const told = await listen({ [MKDIR]: EDQUOT });
      const id = place.id();
      orlop.call(['run', '-d', '-b', place.bundle(shell('sleep 1000'), notifying(['mkdir'])).directory, id]).ok();
      const result = orlop.call(['exec', id, 'sh', '-c', 'mkdir /x; echo $?']).ok();
      expect(result.lines).toEqual(['1']);
      expect(result.stderr).toMatch(/quota exceeded/i);
      const states = (await told.states(2)).map(({ state }) => state);
      const { pid } = orlop.state(id);
      expect(states[0]).toMatchObject({ pid, state: { status: 'creating', pid } });
      expect(states[1]).toMatchObject({ state: { id, status: 'running', pid } });
      expect(states[1]?.pid).not.toBe(pid);
    });
  });

  it('may be asked for all that the launch itself still calls but write', async () => {
    const told = await listen({});
    const names = ['read', 'close', 'execve', 'capset', 'exit_group', 'mmap', 'brk', 'sendmsg', 'recvmsg'];
    expect(run('echo done', notifying(names, {}, false)).ok().lines).toEqual(['done']);
    const numbers = (): unknown[] => told.said('call').map(([, number]) => number);
    await until('the agent says so', () => numbers().includes(READ) && numbers().includes(EXECVE));
  });

  it('gets more than one message can hold', async () => {
    const told = await listen({});
    const metadata = 'm'.repeat(20_000);
    run('true', notifying(['mkdir'], { listenerMetadata: metadata })).ok();
    expect((await told.states(1))[0]?.state.metadata).toBe(metadata);
  });

  it.each([[['SECCOMP_FILTER_FLAG_TSYNC']], [['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV', 'SECCOMP_FILTER_FLAG_LOG']]])(
    'with %s',
    async (flags) => {
      await listen({ [MKDIR]: EDQUOT });
      expect(run('mkdir /x; echo $?', notifying(['mkdir'], { flags })).ok().lines).toEqual(['1']);
    },
  );

  it('that is not there is an error of create, with its place, and nothing is left', () => {
    const result = orlop.create(place.bundle(notifying(['mkdir'])), place.id());
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('the seccomp agent was not told: connect(');
    expect(result.stderr).toContain('ENOENT');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/seccomp/);
    expect(result.stderr).toContain(socket);
  });

  it('that nobody needs is not asked', () => {
    const none = { syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] };
    expect(run('mkdir /x; echo $?', notifying([], none)).ok().lines).toEqual(['1']);
  });

  it('that has gone: its calls are not there any more', async () => {
    const told = await listen({});
    const id = place.id();
    const bundle = place.bundle(shell('mkdir /x; echo $?'), notifying(['mkdir']));
    orlop.create(bundle, id).ok();
    await told.states(1);
    told.end();
    orlop.call(['start', id]).ok();
    await until('the container ends', () => orlop.state(id).status === 'stopped');
  });
});
