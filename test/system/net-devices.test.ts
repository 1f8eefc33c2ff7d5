// linux.netDevices: devices of the host in the container's network namespace.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Patch, shell, Workplace } from './support/bundle.ts';
import { expectNothingLeft, type Snapshot, snapshot } from './support/leftovers.ts';
import { Orlop, type Result, until } from './support/orlop.ts';

const hasIp = spawnSync('ip', ['-V']).status === 0;
if (!hasIp) console.warn('\n*** ip is missing: no network device is moved. apt-get install iproute2 ***\n');

const place = new Workplace('netdev');
const orlop = new Orlop(place);
let before: Snapshot;
let links: string[] = [];

const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' });
/** Of the test's own, and loopback: others of the host may come and go. */
const names = (): string[] =>
  ip('-o', 'link')
    .trim()
    .split('\n')
    .map((line) => (line.split(': ')[1] ?? '').replace(/@.*/, ''))
    .filter((link) => link.startsWith(name) || link.startsWith('lo'))
    .sort();

/** Two ends of a cable: `name` goes to the container, the peer stays. */
const name = `ot${process.pid % 100000}`;
const peer = `${name}p`;

afterAll(() => place.remove());
beforeEach(() => {
  before = snapshot(place, orlop);
  if (!hasIp) return;
  links = names();
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', peer);
  ip('addr', 'add', '10.211.1.1/24', 'broadcast', '10.211.1.255', 'dev', name);
  ip('addr', 'add', 'fd11::1/64', 'dev', name, 'nodad');
  ip('addr', 'add', '10.211.1.9/32', 'dev', name, 'valid_lft', '1000', 'preferred_lft', '1000');
  ip('addr', 'add', '10.211.1.8/32', 'dev', name, 'scope', 'link');
  ip('link', 'set', name, 'up', 'mtu', '1400');
  ip('link', 'set', peer, 'up');
});
afterEach(async () => {
  for (const left of orlop.call(['list', '-q']).stdout.split('\n').filter(Boolean)) {
    orlop.call(['delete', '--force', left]).ok();
  }
  if (hasIp) {
    spawnSync('ip', ['link', 'delete', peer]);
    await until('the devices to be gone', () => names().join() === links.join());
  }
  await expectNothingLeft(place, orlop, { ...before, files: snapshot(place, orlop).files });
});

const devices =
  (netDevices: object, more: object = {}): Patch =>
  (config) => {
    Object.assign(config.linux, { netDevices }, more);
  };

/** Addresses without what time changes. */
const addresses = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^inet/.test(line) && !line.includes('fe80'))
    .map((line) => line.replace(/ (flags \w+|nodad|tentative)/, '').trim());

const run = (line: string, ...patches: Patch[]): Result => orlop.run(place.bundle(shell(line), ...patches), place.id());

describe.skipIf(!hasIp)('a network device', () => {
  it('is in the container, up, with what belongs to it', () => {
    const mac = /link\/ether (\S+)/.exec(ip('link', 'show', name))?.[1] ?? '';
    const result = run(`ip addr show ${name}`, devices({ [name]: {} })).ok();
    expect(result.stdout).toMatch(new RegExp(`${name}@\\S+: <\\S*\\bUP\\b\\S*> mtu 1400 .*`));
    expect(result.stdout).toContain(mac);
    // Neither the address that would end some day nor the one that is good on that cable alone.
    expect(addresses(result.stdout)).toEqual([
      `inet 10.211.1.1/24 brd 10.211.1.255 scope global ${name}`,
      'inet6 fd11::1/64 scope global',
    ]);
  });

  it('works', () => {
    ip('addr', 'add', '10.211.1.2/24', 'dev', peer);
    expect(
      run('ping -c 1 -W 5 10.211.1.2', devices({ [name]: {} }), (config) => {
        for (const set of ['bounding', 'permitted', 'effective']) config.process.capabilities[set].push('CAP_NET_RAW');
      }).ok().stdout,
    ).toContain('1 packets received');
  });

  it('has another name there', () => {
    const result = run('ls /sys/class/net', devices({ [name]: { name: 'eth%d' }, [peer]: { name: 'up-link.0' } })).ok();
    expect(result.lines).toEqual(['eth0', 'lo', 'up-link.0']);
  });

  it('is there for hooks and sysctls', () => {
    const hooks: Patch = (config) => {
      config.hooks = {
        createRuntime: [
          { path: '/bin/sh', args: ['sh', '-c', `ip link show ${name} >${place.path('hook')} 2>&1; true`] },
        ],
        createContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'ip link set eth7 mtu 1300'] }],
      };
    };
    const sysctl = { 'net/ipv4/conf/eth7/forwarding': '1' };
    const line = 'cat /proc/sys/net/ipv4/conf/eth7/forwarding; cat /sys/class/net/eth7/mtu';
    const result = run(line, devices({ [name]: { name: 'eth7' } }, { sysctl }), hooks).ok();
    expect(result.lines).toEqual(['1', '1300']);
    expect(execFileSync('cat', [place.path('hook')], { encoding: 'utf8' })).toContain('does not exist');
  });

  it('goes to a namespace that is joined, and stays when the container ends', () => {
    ip('netns', 'add', name);
    try {
      const join: Patch = (config) => {
        const network = config.linux.namespaces.find(({ type }) => type === 'network');
        if (network) network.path = `/run/netns/${name}`;
      };
      run('true', devices({ [name]: { name: 'joined' } }), join).ok();
      expect(ip('-n', name, 'addr', 'show', 'joined')).toContain('10.211.1.1/24');

      // Taken there by now: the other end stays where it is, whole.
      const refused = run('true', devices({ [peer]: { name: 'joined' } }), join);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain(
        `network device ${peer} failed: the container's network namespace has a device "joined"`,
      );
      expect(refused.stderr).toMatch(new RegExp(`config\\.json:\\d+:\\d+ /linux/netDevices/${peer}`));
      expect(ip('link', 'show', peer)).toContain('UP');
      expect(run('ls /sys/class/net', devices({ [peer]: { name: 'joined%d' } }), join).ok().lines).toContain('joined0');
    } finally {
      ip('netns', 'delete', name);
    }
    expect(existsSync(`/run/netns/${name}`)).toBe(false);
  });
});

describe.skipIf(!hasIp)('after an error', () => {
  /** The device as the host had it. */
  function expectBack(result: Result, was: string): void {
    expect(result.status).toBe(1);
    expect(addresses(ip('addr', 'show', name)).sort()).toEqual(addresses(was).sort());
    expect(ip('link', 'show', name)).toMatch(/<\S*\bUP\b\S*> mtu 1400/);
    expect(names()).toEqual([...links, name, peer].sort());
  }

  it('of what comes later in create, it is back', () => {
    const was = ip('addr', 'show', name);
    const bad: Patch = (config) => {
      config.process.args = ['/nosuch'];
    };
    expectBack(run('', devices({ [name]: { name: 'eth0' } }), bad), was);
    const sysctl = { 'net/ipv4/conf/eth0/nosuch': '1' };
    expectBack(run('true', devices({ [name]: { name: 'eth0' } }, { sysctl })), was);
    const pidFile = orlop.call([
      ...['create', '-b', place.bundle(shell('true'), devices({ [name]: { name: 'eth%d' } })).directory],
      ...['--pid-file', '/nosuch/pid', place.id()],
    ]);
    expectBack(pidFile, was);
  });

  it('of the next device, it is back', () => {
    const was = ip('addr', 'show', name);
    const result = run('true', devices({ [name]: { name: 'eth0' }, nosuch: {} }));
    expectBack(result, was);
    expect(result.stderr).toContain('network device nosuch failed: the host has no device "nosuch": ENODEV');
    expect(result.stderr).toMatch(/config\.json:\d+:\d+ \/linux\/netDevices\/nosuch/);
    expect(result.stderr).toContain('ip link');
  });

  it('the loopback device does not go anywhere', () => {
    const was = ip('addr', 'show', name);
    const result = run('true', devices({ [name]: {}, lo: { name: 'lo1' } }));
    expectBack(result, was);
    expect(result.stderr).toMatch(/RTM_NEWLINK "lo" to "lo1" failed: EINVAL \(Invalid argument\)/);
    expect(result.stderr).toContain('does not let this kind of device leave');
  });

  it('a container on the network of the host is refused', () => {
    const result = run('true', devices({ [name]: {} }), (config) => {
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('netDevices needs a network namespace of its own');
  });
});
