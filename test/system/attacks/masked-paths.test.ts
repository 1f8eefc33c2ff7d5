// CVE-2025-31133, CVE-2025-52565, CVE-2025-52881 and what is like them: the container's /dev and /proc are not what they
// look like. The runtime must not take a file from there, nor be led elsewhere by one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Bundle, type Config, type Patch, shell, Workplace } from '../support/bundle.ts';
import { ConsoleSocket } from '../support/console-socket.ts';
import { leavesNothing } from '../support/leftovers.ts';
import { Orlop, type Result, until } from '../support/orlop.ts';

const SWAP = join(import.meta.dirname, '../support/swap.mjs');

const place = new Workplace('masked');
const orlop = new Orlop(place);

afterAll(() => place.remove());
leavesNothing(place, () => orlop);

function without(...destinations: string[]): Patch {
  return (config: Config) => {
    config.mounts = config.mounts.filter((mount) => !destinations.some((path) => mount.destination.startsWith(path)));
  };
}

describe('an image with a link in the place of what the kernel shows', () => {
  // Where it leads the mount would be without masks: they look for it at its name, and find nothing there.
  const byBind: Patch = (config) => {
    const mount = config.mounts.find(({ destination }) => destination === '/proc');
    Object.assign(mount as object, { type: 'bind', source: '/proc', options: ['rbind'] });
  };

  it.each<[string, string, Patch[]]>([
    ['/proc', 'mount of "proc" on /proc failed: ENOTDIR', []],
    ['/proc', 'bind of /proc on /proc failed: ENOTDIR', [byBind]],
    ['/sys', 'mount of "sysfs" on /sys failed: ENOTDIR', []],
  ])('%s is refused: %s', (path, message, patches) => {
    const bundle = place.bundle(shell('echo x; cat /real/sys/kernel/core_pattern'), ...patches);
    for (const [target, link] of [
      ['dev/link', path],
      ['../real', '/dev/link'],
    ] as const) {
      rmSync(join(bundle.rootfs, link), { recursive: true, force: true });
      symlinkSync(target, join(bundle.rootfs, link));
    }
    mkdirSync(join(bundle.rootfs, 'real'));
    const result = orlop.run(bundle, place.id());
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(message);
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/mounts\/\d/);
    expect(result.status).toBe(1);
  });
});

describe('/dev/null of the container hides nothing (CVE-2025-31133)', () => {
  const CREATES = 100;
  let attacker: ChildProcess;
  afterEach(async () => {
    const gone = new Promise((resolve) => attacker.on('exit', resolve));
    attacker.kill('SIGKILL');
    await gone;
  });

  it(`not in ${CREATES} creates, while it is a link in turns`, () => {
    const bundle = place.bundle(without('/dev'), shell('cat /secret; stat -c %t:%T /secret'), (config) => {
      config.linux.maskedPaths = ['/secret'];
    });
    bundle.write('secret', 'secret').write('other', 'other');
    const [device, link] = ['null', 'link'].map((name) => join(bundle.rootfs, 'dev', name)) as [string, string];
    spawnSync('mknod', ['-m', '666', device, 'c', '1', '3']);
    symlinkSync('/other', link);
    attacker = spawn(process.execPath, [SWAP, device, link], { stdio: 'ignore' });
    let hidden = 0;
    let refused = 0;
    for (let round = 0; round < CREATES; round++) {
      const result = orlop.run(bundle, place.id());
      if (result.status === 0) {
        expect(result.lines).toEqual(['1:3']);
        hidden++;
      } else {
        expect(result.stderr).toMatch(/device \/dev\/null .* failed: EEXIST/);
        refused++;
      }
    }
    expect(hidden).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('/dev/console (CVE-2025-52565)', () => {
  const terminal: Patch = (config) => {
    config.process.terminal = true;
    config.mounts.push({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance'] });
  };
  const LOOK = shell('grep " /proc/" /proc/self/mountinfo | grep -c devpts; stat -c %t /dev/console; tty');

  /** Runs it with somebody at the terminal, and answers what comes out there. */
  async function run(bundle: Bundle): Promise<{ result: Result; text: string }> {
    const id = place.id();
    const socket = new ConsoleSocket(place.path(`${id}.sock`));
    try {
      const { result } = orlop.launch(['create', '-b', bundle.directory, '--console-socket', socket.path, id]);
      const created = await result;
      if (created.status !== 0) return { result: created, text: '' };
      const { screen } = await socket.take();
      orlop.call(['start', id]).ok();
      await until('it is stopped', () => orlop.state(id).status === 'stopped');
      await screen.shows(/tty|pts|console/);
      screen.hangUp();
      orlop.call(['delete', id]).ok();
      return { result: created, text: screen.text };
    } finally {
      socket.close();
    }
  }

  it('is the terminal by fd', async () => {
    const { text } = await run(place.bundle(without('/dev'), LOOK, terminal));
    expect(text.trim().split(/\s+/)).toEqual(['0', '88', '/dev/pts/0']);
  });

  it.each(['/proc/sysrq-trigger', '/etc/made', '../secret'])('as a link to %s is no way there', async (target) => {
    const bundle = place.bundle(without('/dev'), LOOK, terminal);
    bundle.write('secret', 'untouched');
    symlinkSync(target, join(bundle.rootfs, 'dev/console'));
    const { result } = await run(bundle);
    expect(result.stderr).toMatch(/terminal failed: ELOOP.*openat2\(directory, "console"/);
    expect(readFileSync(join(bundle.rootfs, 'secret'), 'utf8')).toBe('untouched');
    expect(existsSync(join(bundle.rootfs, 'etc/made'))).toBe(false);
  });

  it('is not made of what stands in the place of /dev/pts/ptmx', async () => {
    const bundle = place.bundle(without('/dev'), LOOK, (config) => {
      config.process.terminal = true;
    });
    mkdirSync(join(bundle.rootfs, 'dev/pts'));
    symlinkSync('/proc/self/mem', join(bundle.rootfs, 'dev/pts/ptmx'));
    expect((await run(bundle)).result.stderr).toMatch(/terminal failed: ELOOP.*"dev\/pts\/ptmx"/);
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
  const own: Patch = (config) => {
    config.linux.devices = [{ type: 'c', path: '/dev/below/own', major: 1, minor: 3, fileMode: 0o666, uid: 7, gid: 7 }];
  };

  it.each([
    ['below', '', own],
    ['zero', '/file', () => undefined],
    ['zero', '/made', () => undefined],
    ['zero', '/device', () => undefined],
    ['stdin', '/made', () => undefined],
    ['ptmx', '/file', () => undefined],
  ])('lead nothing out of the container: %s to the host’s directory%s', (name, target, patch) => {
    const victim = place.path(place.id('victim'));
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), 'untouched');
    spawnSync('mknod', [join(victim, 'device'), 'c', '1', '5']);
    const state = () => spawnSync('find', [victim, '-printf', '%P %y %m %U:%G %C@\n'], { encoding: 'utf8' }).stdout;
    const untouched = state();
    for (const link of [victim + target, `../../../../../../../../../../..${victim}${target}`]) {
      const bundle = place.bundle(without('/dev'), patch);
      symlinkSync(link, join(bundle.rootfs, 'dev', name));
      const result = orlop.run(bundle, place.id());
      // A link where a device has to be is refused; the link itself is the container's own business.
      if (result.status !== 0) expect(result.stderr).toMatch(/device \/dev\/zero .*EEXIST/);
      expect(state()).toBe(untouched);
    }
  });
});
