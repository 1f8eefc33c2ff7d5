// CVE-2025-31133, CVE-2025-52565, CVE-2025-52881 and what is like them: the container's /dev and /proc are not what they
// look like. The runtime must not take a file from there, nor be led elsewhere by one.

import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, type Patch, shell, Workplace } from '../support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from '../support/leftovers.ts';
import { Orlop } from '../support/orlop.ts';

const place = new Workplace('masked');
const orlop = new Orlop(place);
let before: Snapshot;

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
});
afterEach(async () => {
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

function without(...destinations: string[]): Patch {
  return (config: Config) => {
    config.mounts = config.mounts.filter((mount) => !destinations.some((path) => mount.destination.startsWith(path)));
  };
}

describe('/dev/null of the container hides nothing (CVE-2025-31133)', () => {
  it.each([
    ['a link into /proc', (dev: string) => symlinkSync('/proc/sys/kernel/core_pattern', join(dev, 'null'))],
    ['a file', (dev: string) => writeFileSync(join(dev, 'null'), 'not null')],
    ['missing', () => {}],
  ])('%s', (_, plant) => {
    const bundle = place.bundle(
      without('/dev'),
      shell(
        'cat /secret /proc/meminfo | wc -c; stat -c %t:%T /secret /proc/meminfo; grep -c core_pattern /proc/mounts',
      ),
      (config) => {
        config.linux.maskedPaths = ['/secret', '/proc/meminfo'];
      },
    );
    bundle.write('secret', 'secret');
    rmSync(join(bundle.rootfs, 'dev'), { recursive: true });
    mkdirSync(join(bundle.rootfs, 'dev'));
    plant(join(bundle.rootfs, 'dev'));
    const result = orlop.run(bundle, place.id());
    if (result.status === 1 && result.stderr) {
      // What the default devices need is not there: refused is as good, if it says why.
      expect(result.stderr).toMatch(/\/dev\/null/);
      return;
    }
    expect(result.lines).toEqual(['0', '1:3', '1:3', '0']);
  });
});

describe('/dev/console (CVE-2025-52565)', () => {
  it('is the terminal by fd, and never a way to another file', () => {
    const bundle = place.bundle(
      without('/dev'),
      shell(
        'grep " /proc/" /proc/self/mountinfo | grep -c devpts; cat /proc/sys/kernel/core_pattern >/dev/null; echo $?',
      ),
      (config) => {
        config.mounts.push({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance'] });
      },
    );
    symlinkSync('/proc/sysrq-trigger', join(bundle.rootfs, 'dev/console'));
    const result = orlop.run(bundle, place.id());
    expect(result.lines).toEqual(['0', '0']);
  });
});

describe('a /proc that is none (CVE-2025-52881)', () => {
  it('gets no write that is meant for the kernel', () => {
    const bundle = place.bundle(
      without('/proc'),
      shell('cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj /proc/self/attr/exec'),
      (config) => {
        config.linux.maskedPaths = [];
        config.linux.readonlyPaths = [];
        config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
        config.process.oomScoreAdj = 100;
      },
    );
    for (const path of ['sys/net/ipv4', 'self/attr']) mkdirSync(join(bundle.rootfs, 'proc', path), { recursive: true });
    const fakes = ['sys/net/ipv4/ip_forward', 'self/oom_score_adj', 'self/attr/exec'];
    for (const path of fakes) bundle.write(join('proc', path), `untouched ${path}\n`);
    const result = orlop.run(bundle, place.id()).ok();
    expect(result.lines).toEqual(fakes.map((path) => `untouched ${path}`));
  });

  it('and the real one has got it', () => {
    const bundle = place.bundle(shell('cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj'), (config) => {
      config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      config.process.oomScoreAdj = 100;
    });
    expect(orlop.run(bundle, place.id()).ok().lines).toEqual(['1', '100']);
  });
});

describe('links in /dev of the image', () => {
  it('lead no device, link or node out of the container', () => {
    const victim = place.path('victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), 'untouched');
    const bundle = place.bundle(without('/dev'), (config) => {
      config.linux.devices = [
        { type: 'c', path: '/dev/below/own', major: 1, minor: 3, fileMode: 0o666, uid: 7, gid: 7 },
      ];
    });
    const dev = join(bundle.rootfs, 'dev');
    symlinkSync(victim, join(dev, 'below'));
    symlinkSync(join(victim, 'file'), join(dev, 'zero'));
    symlinkSync(join(victim, 'made'), join(dev, 'stdin'));
    const result = orlop.run(bundle, place.id());
    // A link where a device has to be is refused; the link itself is the container's own business.
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/\/dev\/(zero|below)/);
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('untouched');
  });
});
