// What the kernel is asked to set on the container's process, call by call.

import { describe, expect, test } from 'vitest';
import type { ExecRequest, Request } from '../../src/spec/index.ts';
import { fixture } from './module.ts';
import { changed, findings, open, request, V1 } from './plans.ts';

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });

/** The calls of a launch with these changes that begin with a word. */
function calls(changes: Record<string, unknown>, word: string, more: Partial<Request> = {}): string[] {
  const document = open(changed(runc, changes));
  document.plan(request(V1, more));
  document.image();
  return document
    .rows()
    .map(({ text }) => text)
    .filter((text) => text.startsWith(word));
}

/** Rule, pointer and message of what is wrong. */
function wrong(changes: Record<string, unknown>): string[] {
  return findings(changed(runc, changes), request(V1)).map(({ rule, path, message }) => `${rule} ${path} ${message}`);
}

describe('scheduler', () => {
  const scheduler = (fields: object) => ({ '/process/scheduler': fields });

  test.each([
    [{ policy: 'SCHED_OTHER' }, '{SCHED_OTHER}'],
    [{ policy: 'SCHED_BATCH', nice: -20 }, '{SCHED_BATCH, nice=-20}'],
    [{ policy: 'SCHED_IDLE' }, '{SCHED_IDLE}'],
    [{ policy: 'SCHED_FIFO', priority: 99 }, '{SCHED_FIFO, priority=99}'],
    [
      { policy: 'SCHED_RR', priority: 1, flags: ['SCHED_FLAG_KEEP_PARAMS', 'SCHED_FLAG_RESET_ON_FORK'] },
      '{SCHED_RR, flags=SCHED_FLAG_RESET_ON_FORK|SCHED_FLAG_KEEP_PARAMS, priority=1}',
    ],
    [
      { policy: 'SCHED_DEADLINE', runtime: 1024, deadline: 2048, flags: ['SCHED_FLAG_RECLAIM'] },
      '{SCHED_DEADLINE, flags=SCHED_FLAG_RECLAIM, runtime=1024, deadline=2048, period=0}',
    ],
  ])('%j', (fields, text) => {
    expect(wrong(scheduler(fields))).toEqual([]);
    expect(calls(scheduler(fields), 'sched_setattr')).toEqual([`sched_setattr(0, ${text}, 0)`]);
  });

  test.each([
    [{ policy: 'SCHED_ISO' }, 'OCI119 /process/scheduler/policy no Linux kernel has the policy SCHED_ISO'],
    [{ policy: 'SCHED_OTHER', nice: -21 }, 'OCI119 /process/scheduler/nice nice is -21'],
    [{ policy: 'SCHED_BATCH', nice: 20 }, 'OCI119 /process/scheduler/nice nice is 20'],
    [{ policy: 'SCHED_IDLE', nice: 1 }, 'OCI119 /process/scheduler/nice nice has no effect on SCHED_IDLE'],
    [{ policy: 'SCHED_OTHER', priority: 1 }, 'OCI119 /process/scheduler/priority SCHED_OTHER has no priority'],
    [{ policy: 'SCHED_FIFO' }, 'OCI119 /process/scheduler SCHED_FIFO needs a priority from 1 to 99, not 0'],
    [
      { policy: 'SCHED_RR', priority: 100 },
      'OCI119 /process/scheduler/priority SCHED_RR needs a priority from 1 to 99, not 100',
    ],
    [{ policy: 'SCHED_OTHER', period: 1 }, 'OCI119 /process/scheduler SCHED_OTHER has no runtime, deadline and period'],
    [
      { policy: 'SCHED_OTHER', flags: ['SCHED_FLAG_RECLAIM'] },
      'OCI119 /process/scheduler/flags SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN mean nothing to SCHED_OTHER',
    ],
    [
      { policy: 'SCHED_DEADLINE', runtime: 1023, deadline: 2048 },
      'OCI120 /process/scheduler runtime 1023, deadline 2048 and period 0 make no SCHED_DEADLINE',
    ],
    [
      { policy: 'SCHED_DEADLINE', runtime: 2000, deadline: 4000, period: 3000 },
      'OCI120 /process/scheduler runtime 2000, deadline 4000 and period 3000 make no SCHED_DEADLINE',
    ],
  ])('%j is wrong', (fields, text) => {
    expect(wrong(scheduler(fields))).toEqual([text]);
  });
});

describe('ioPriority', () => {
  test.each([
    [{ class: 'IOPRIO_CLASS_RT', priority: 0 }, 'IOPRIO_CLASS_RT|0'],
    [{ class: 'IOPRIO_CLASS_BE', priority: 7 }, 'IOPRIO_CLASS_BE|7'],
    [{ class: 'IOPRIO_CLASS_IDLE' }, 'IOPRIO_CLASS_IDLE|0'],
  ])('%j', (fields, text) => {
    const changes = { '/process/ioPriority': fields };
    expect(calls(changes, 'ioprio_set')).toEqual([`ioprio_set(IOPRIO_WHO_PROCESS, 0, ${text})`]);
  });

  test.each([-1, 8])('a priority of %i is wrong', (priority) => {
    expect(wrong({ '/process/ioPriority': { class: 'IOPRIO_CLASS_BE', priority } })).toEqual([
      `OCI118 /process/ioPriority/priority the I/O priority is ${priority}`,
    ]);
  });
});

describe('memoryPolicy', () => {
  const policy = (fields: object) => ({ '/linux/memoryPolicy': fields });

  test.each([
    [{ mode: 'MPOL_DEFAULT' }, 'MPOL_DEFAULT, NULL, 0'],
    [{ mode: 'MPOL_LOCAL', nodes: '' }, 'MPOL_LOCAL, NULL, 0'],
    [{ mode: 'MPOL_PREFERRED' }, 'MPOL_PREFERRED, NULL, 0'],
    [{ mode: 'MPOL_WEIGHTED_INTERLEAVE', nodes: '0-3,7' }, 'MPOL_WEIGHTED_INTERLEAVE, [0-3,7], 65'],
    [
      { mode: 'MPOL_BIND', nodes: '64', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_NUMA_BALANCING'] },
      'MPOL_BIND|MPOL_F_NUMA_BALANCING|MPOL_F_STATIC_NODES, [64], 129',
    ],
  ])('%j', (fields, text) => {
    expect(wrong(policy(fields))).toEqual([]);
    expect(calls(policy(fields), 'set_mempolicy')).toEqual([`set_mempolicy(${text})`]);
  });

  test.each([
    [{ nodes: '0' }, 'OCI608 /linux/memoryPolicy the memory policy has no mode'],
    [{ mode: 'MPOL_BIND' }, 'OCI608 /linux/memoryPolicy MPOL_BIND needs at least one node'],
    [{ mode: 'MPOL_LOCAL', nodes: '0' }, 'OCI608 /linux/memoryPolicy/nodes MPOL_LOCAL takes no nodes'],
    [{ mode: 'MPOL_BIND', nodes: '1-0' }, 'OCI121 /linux/memoryPolicy/nodes "1-0" is not a list of memory nodes'],
    [
      { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'] },
      'OCI608 /linux/memoryPolicy/flags MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other',
    ],
    [
      { mode: 'MPOL_INTERLEAVE', nodes: '0', flags: ['MPOL_F_NUMA_BALANCING'] },
      'OCI608 /linux/memoryPolicy/flags MPOL_F_NUMA_BALANCING means nothing to MPOL_INTERLEAVE',
    ],
    [
      { mode: 'MPOL_PREFERRED', flags: ['MPOL_F_STATIC_NODES'] },
      'OCI608 /linux/memoryPolicy/flags MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES are about nodes, and there are none',
    ],
  ])('%j is wrong', (fields, text) => {
    expect(wrong(policy(fields))).toEqual([text]);
  });
});

describe('personality', () => {
  test.each([
    ['LINUX', 'personality(PER_LINUX)'],
    ['LINUX32', 'personality(PER_LINUX32)'],
  ])('%s', (domain, text) => {
    expect(calls({ '/linux/personality': { domain } }, 'personality')).toEqual([text]);
  });

  test('needs a domain', () => {
    expect(wrong({ '/linux/personality': {} })).toEqual(['OCI609 /linux/personality the personality has no domain']);
  });
});

describe('of exec', () => {
  const config = changed(runc, {
    '/process/ioPriority': { class: 'IOPRIO_CLASS_BE', priority: 1 },
    '/linux/personality': { domain: 'LINUX32' },
    '/linux/memoryPolicy': { mode: 'MPOL_LOCAL' },
  });
  const attributes = /^(sched_setattr|ioprio_set|set_mempolicy|personality)/;

  function execCalls(exec: ExecRequest, process?: object): string[] {
    const document = open(config);
    const bytes = process && new TextEncoder().encode(JSON.stringify(process));
    document.exec(bytes, request(V1, { exec }));
    document.image('/');
    const rows = document.rows().map(({ text }) => text);
    return rows.filter((text) => attributes.test(text));
  }

  test("without a process of its own it has the container's", () => {
    expect(execCalls({ args: ['id'] })).toEqual([
      'ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_BE|1)',
      'set_mempolicy(MPOL_LOCAL, NULL, 0)',
      'personality(PER_LINUX32)',
    ]);
  });

  test('a process of its own has its own, what it has not and what is linux is the same', () => {
    const process = { cwd: '/', args: ['id'], scheduler: { policy: 'SCHED_BATCH' } };
    expect(execCalls({}, process)).toEqual([
      'sched_setattr(0, {SCHED_BATCH}, 0)',
      'ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_BE|1)',
      'set_mempolicy(MPOL_LOCAL, NULL, 0)',
      'personality(PER_LINUX32)',
    ]);
  });
});
