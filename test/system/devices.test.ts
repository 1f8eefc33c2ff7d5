// Which devices a container may use: the list of cgroup v1, the program of cgroup v2 (test/vm.sh).

import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attachDeviceProgram, attachedDevicePrograms, loadDeviceProgram } from '../../src/linux/bpf.ts';
import { cgroupLayout } from '../../src/linux/facts.ts';
import { bpf } from '../../src/linux/syscalls.ts';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { builds, Orlop, until } from './support/orlop.ts';

const place = new Workplace('devices');
afterAll(() => place.remove());

const layout = cgroupLayout();
const isV2 = layout.layout === 'v2';
const ROOT = '/sys/fs/cgroup';

interface Rule {
  allow: boolean;
  type?: string;
  major?: number;
  minor?: number;
  access?: string;
}

const rules =
  (...devices: Rule[]): Patch =>
  (config) => {
    config.linux.resources = { devices };
    for (const set of Object.values(config.process.capabilities as Record<string, string[]>)) set.push('CAP_MKNOD');
  };

/** Of a driver that no host has (LOCAL/EXPERIMENTAL in Documentation/admin-guide/devices.txt): allowed is ENXIO. */
const own = { type: 'c', major: 240, minor: 11 };

const withOwn: Patch = (config) => {
  config.linux.devices = [{ path: '/dev/own', ...own, fileMode: 0o600, uid: 0, gid: 0 }];
};

const FUNCTION = 'try() { if "$@" 2>&1 | grep -q "not permitted"; then echo no; else echo yes; fi; }';

/** One word for each of reading, writing and making the node: yes or no. */
const TRY = [
  FUNCTION,
  'try sh -c "exec 3</dev/own"',
  'try sh -c "exec 3>/dev/own"',
  'try mknod /dev/another c 240 11',
].join('\n');

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

  it.each<[string, Rule[], string]>([
    ['no rule', [], 'no no yes'],
    ['all forbidden', [{ allow: false, access: 'rwm' }], 'no no yes'],
    ['all allowed', [{ allow: true, access: 'rwm' }], 'yes yes yes'],
    ['this one allowed', [{ allow: true, ...own, access: 'rwm' }], 'yes yes yes'],
    ['to read', [{ allow: true, ...own, access: 'r' }], 'yes no yes'],
    ['any minor', [{ allow: true, type: 'c', major: 240, access: 'w' }], 'no yes yes'],
    ['any major', [{ allow: true, type: 'c', minor: 11, access: 'rw' }], 'yes yes yes'],
    ['of another type', [{ allow: true, type: 'b', major: 240, minor: 11, access: 'rw' }], 'no no yes'],
    [
      'allowed and forbidden',
      [
        { allow: true, ...own },
        { allow: false, ...own, access: 'w' },
      ],
      'yes no yes',
    ],
    [
      'forbidden and allowed',
      [
        { allow: false, ...own },
        { allow: true, ...own, access: 'w' },
      ],
      'no yes yes',
    ],
    [
      'allowed but this one',
      [
        { allow: true, access: 'rwm' },
        { allow: false, ...own },
      ],
      'no no no',
    ],
    [
      'allowed but to write',
      [
        { allow: true, access: 'rwm' },
        { allow: false, ...own, access: 'w' },
      ],
      'yes no yes',
    ],
    [
      'begun anew',
      [
        { allow: true, ...own },
        { allow: false, access: 'rwm' },
      ],
      'no no yes',
    ],
  ])('%s', (_, devices, expected) => {
    const bundle = place.bundle(shell(TRY), withOwn, rules(...devices));
    expect(orlop.run(bundle, id).ok().lines.join(' ')).toBe(expected);
  });

  it('every container has the usual ones, and the terminals of its own devpts', () => {
    const bundle = place.bundle(
      shell(
        'for name in null zero full random urandom; do exec 3<>/dev/$name || echo $name; done; exec 3<>/dev/ptmx; echo $?',
      ),
      rules({ allow: false, access: 'rwm' }),
    );
    expect(orlop.run(bundle, id).ok().lines).toEqual(['0']);
  });

  it('a hook of create may allow one more', () => {
    const directory = `${ROOT}${isV2 ? '' : '/devices'}/orlop-${id}`;
    const bundle = place.bundle(shell(TRY), withOwn, rules(), (config) => {
      const line = isV2 ? 'true' : `echo "c 240:11 r" > ${directory}/devices.allow`;
      config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', line] }] };
    });
    expect(orlop.run(bundle, id).ok().lines.join(' ')).toBe(isV2 ? 'no no yes' : 'yes no yes');
  });

  describe('update', () => {
    const update = (...devices: Rule[]) =>
      orlop.call(['update', '-r', '-', id], { input: JSON.stringify({ devices }) }).ok();

    /** Programs that are attached to the container's cgroup. */
    const programs = (): number[] => {
      const fd = openSync(`${ROOT}/orlop-${id}`, 'r');
      try {
        return attachedDevicePrograms(fd);
      } finally {
        closeSync(fd);
      }
    };

    it('puts other rules in the place of those before', () => {
      orlop.run(place.bundle(shell('sleep 1000'), withOwn, rules()), id, '-d').ok();
      const tried = (): string =>
        orlop
          .call(['exec', id, 'sh', '-c', `${FUNCTION}; try sh -c "exec 3</dev/own"`])
          .ok()
          .stdout.trim();
      expect(tried()).toBe('no');
      update({ allow: true, ...own, access: 'r' });
      expect(tried()).toBe('yes');
      orlop.call(['update', '--pids-limit', '20', id]).ok();
      expect(tried()).toBe('yes');
      update();
      expect(tried()).toBe('no');
      update({ allow: true, access: 'rwm' });
      expect(tried()).toBe('yes');
      if (isV2) expect(programs()).toHaveLength(1);
    });

    it('leaves no moment without rules, and none without the usual devices', async () => {
      const loop = [
        FUNCTION,
        'while true; do',
        '  test $(try sh -c "exec 3</dev/null") = yes || echo null',
        '  test $(try sh -c "exec 3</dev/own") = no || echo own',
        '  echo x >> /tmp/rounds',
        'done',
      ];
      const bundle = place.bundle(shell(loop.join('\n')), withOwn, rules()).write('tmp/rounds', '');
      const running = orlop.run(bundle, id, '-d').ok();
      const rounds = (): number => readFileSync(`${bundle.rootfs}/tmp/rounds`, 'utf8').length / 2;
      await until('the container runs', () => running.stdout !== '' || rounds() > 0, 20_000);
      const first = rounds();
      for (let round = 0; round < 10; round++) {
        update({ allow: true, type: 'c', major: 10, minor: 200 + round, access: 'rw' });
      }
      await until('it has tried in between', () => rounds() > first + 10, 20_000);
      expect(running.stdout).toBe('');
    });

    it('changes nothing where a limit beside it is refused', () => {
      orlop.run(place.bundle(shell('sleep 1000'), withOwn, rules()), id, '-d').ok();
      const held = isV2 ? programs() : readFileSync(`${ROOT}/devices/orlop-${id}/devices.list`, 'utf8');
      const resources = { devices: [{ allow: true, ...own }], cpu: { cpus: '4000' } };
      const refused = orlop.call(['update', '-r', '-', id], { input: JSON.stringify(resources) });
      expect(refused.stderr).toMatch(/cpuset\.cpus", "4000"\) failed/);
      expect(isV2 ? programs() : readFileSync(`${ROOT}/devices/orlop-${id}/devices.list`, 'utf8')).toEqual(held);
    });

    it.runIf(isV2)('leaves alone what others have attached, and asks it too', () => {
      orlop.run(place.bundle(shell('sleep 1000'), withOwn, rules({ allow: true, access: 'rwm' })), id, '-d').ok();
      const cgroup = openSync(`${ROOT}/orlop-${id}`, 'r');
      // r0 = 0; exit
      const nothing = loadDeviceProgram('test_nothing', Buffer.from('b4000000000000009500000000000000', 'hex'));
      attachDeviceProgram(cgroup, nothing);
      closeSync(nothing);
      closeSync(cgroup);
      const [, theirs] = programs();
      update({ allow: true, access: 'rwm' });
      expect(programs()).toHaveLength(2);
      expect(programs()).toContain(theirs);
      expect(orlop.call(['exec', id, 'sh', '-c', 'exec 3</dev/null']).status).not.toBe(0);
    });
  });

  it.runIf(isV2)('says why where a parent forbids programs below it', () => {
    const parent = `${ROOT}/${place.id('parent')}`;
    mkdirSync(parent);
    try {
      const program = loadDeviceProgram('test_everything', Buffer.from('b4000000010000009500000000000000', 'hex'));
      const cgroup = openSync(parent, 'r');
      // BPF_PROG_ATTACH without BPF_F_ALLOW_MULTI: for this cgroup and all below it.
      const attributes = Buffer.from(Uint32Array.of(cgroup, program, 6, 0).buffer);
      expect(bpf(8, attributes, attributes.length)).toBe(0);
      closeSync(program);
      closeSync(cgroup);
      const bundle = place.bundle(shell('true'), rules({ allow: false, access: 'rwm' }), (config) => {
        config.linux.cgroupsPath = `${parent.slice(ROOT.length)}/own`;
      });
      const { status, stderr } = orlop.run(bundle, id);
      expect(stderr).toMatch(/device rules of .*\/own: bpf\(BPF_PROG_ATTACH, .*\) failed: EPERM/);
      expect(stderr).toContain('/linux/resources/devices');
      expect(stderr).toContain('choose another cgroupsPath');
      expect(status).toBe(1);
    } finally {
      rmdirSync(parent);
    }
  });
});
