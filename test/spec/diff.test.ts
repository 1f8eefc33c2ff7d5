// Every word of a difference is tried by a config that has it: one patch, and what it says.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Change, diff } from '../../src/spec/diff.ts';
import { bytesInWords } from '../../src/spec/limits.ts';
import { plan, request, V1, V2 } from '../assembly/plans.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests put in what no schema allows
type Config = any;
type Patch = (config: Config) => void;

const read = (name: string): Config =>
  JSON.parse(readFileSync(new URL(`../../fixtures/configs/${name}.json`, import.meta.url), 'utf8'));
const RUNC = read('runc');
const DOCKER = read('docker');

function changes(base: Config, patch: Patch, cgroup = V2): Change[] {
  const patched = structuredClone(base);
  patch(patched);
  const asked = request(cgroup, { ignoreUnsupported: true });
  return diff(plan(JSON.stringify(base, null, 1), asked), plan(JSON.stringify(patched, null, 1), asked));
}

/** `gains privilege: gains CAP_KILL` */
const words = (list: Change[]): string[] => list.map(({ effect, area, text }) => `${effect} ${area}: ${text}`);

const both = (name: string): Patch => {
  return ({ process }) => {
    for (const set of ['bounding', 'permitted', 'effective']) process.capabilities[set].push(name);
  };
};

const namespace =
  (type: string, entry?: { type: string; path?: string }): Patch =>
  ({ linux }) => {
    linux.namespaces = linux.namespaces.filter((one: { type: string }) => one.type !== type);
    if (entry) linux.namespaces.push(entry);
  };

const mount =
  (entry: object): Patch =>
  ({ mounts }) => {
    mounts.push({ type: 'bind', ...entry });
  };

const resources =
  (fields: object): Patch =>
  ({ linux }) => {
    Object.assign(linux.resources, fields);
  };

/** What is changed about runc's default, and all that is said of it. */
const CASES: [name: string, patch: Patch, says: string[]][] = [
  ['a capability', both('CAP_SYS_ADMIN'), ['gains privilege: gains CAP_SYS_ADMIN']],
  [
    'a capability in one set only',
    ({ process }) => process.capabilities.bounding.push('CAP_NET_RAW'),
    ['gains privilege: gains CAP_NET_RAW (bounding only)'],
  ],
  [
    'a capability that is inheritable too',
    ({ process }) => {
      process.capabilities.inheritable = ['CAP_KILL'];
    },
    // runc has it in the ambient set, where the kernel takes it only now.
    ['gains privilege: CAP_KILL becomes inheritable, ambient'],
  ],
  [
    'no capability',
    ({ process }) => {
      process.capabilities = {};
    },
    ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'].map((name) => `loses privilege: loses ${name}`),
  ],
  [
    'no new privileges no more',
    ({ process }) => {
      process.noNewPrivileges = false;
    },
    [
      'gains privilege: programs may gain privileges by set-user-ID bits and file capabilities (noNewPrivileges is off)',
    ],
  ],
  [
    'another user',
    ({ process }) => {
      process.user = { uid: 1000, gid: 0, additionalGids: [4] };
    },
    ['gains privilege: joins the group 4', 'loses privilege: runs as uid 1000 instead of 0'],
  ],
  ['the network of the host', namespace('network'), ["gains namespace: joins the host's network"]],
  [
    'a network of somebody else',
    namespace('network', { type: 'network', path: '/run/netns/blue' }),
    ['gains namespace: joins the network namespace /run/netns/blue'],
  ],
  ['clocks of its own', namespace('time', { type: 'time' }), ['loses namespace: gets clocks of its own']],
  [
    'a bind of the whole host',
    mount({ destination: '/host', source: '/', options: ['rbind'] }),
    ["gains mount: gains the host's / on /host, writable"],
  ],
  [
    'a bind, read-only',
    mount({ destination: '/data', source: '/srv', options: ['rbind', 'ro'] }),
    ["gains mount: gains the host's /srv on /data, read-only"],
  ],
  ['a tmpfs', mount({ destination: '/x', type: 'tmpfs', source: 'x' }), ['gains mount: gains a tmpfs on /x, writable']],
  [
    'a writable root',
    ({ root }) => {
      root.readonly = false;
    },
    ['gains mount: the root filesystem becomes writable'],
  ],
  [
    'a writable /sys',
    ({ mounts }) => {
      mounts[5].options = ['nosuid', 'noexec', 'nodev'];
    },
    ['gains mount: /sys becomes writable'],
  ],
  [
    'set-user-ID programs and programs at all',
    ({ mounts }) => {
      mounts[3].options = ['nodev', 'mode=1777', 'size=65536k'];
    },
    [
      'gains mount: set-user-ID programs take effect on /dev/shm (nosuid is gone)',
      'gains mount: programs can be executed on /dev/shm (noexec is gone)',
    ],
  ],
  [
    'more room',
    ({ mounts }) => {
      mounts[3].options[4] = 'size=1g';
    },
    ['changes mount: options of /dev/shm: mode=1777,size=65536k → mode=1777,size=1g'],
  ],
  [
    'a tmpfs that is the host’s',
    ({ mounts }) => {
      mounts[3] = { destination: '/dev/shm', source: '/dev/shm', options: ['rbind', 'nosuid', 'noexec', 'nodev'] };
    },
    [
      "gains mount: /dev/shm is the host's /dev/shm instead of a tmpfs",
      'gains mount: what is mounted below comes along on /dev/shm',
      'changes mount: options of /dev/shm: mode=1777,size=65536k → none',
    ],
  ],
  [
    'paths',
    ({ linux }) => {
      linux.maskedPaths.shift();
      linux.readonlyPaths = linux.readonlyPaths.slice(1);
    },
    ['gains mount: /proc/acpi can be seen again, which was hidden', 'gains mount: /proc/bus becomes writable'],
  ],
  [
    'every device',
    resources({ devices: [{ allow: true, access: 'rwm' }] }),
    ['gains device: may use every device of the host'],
  ],
  [
    'a disk',
    ({ linux }) => {
      linux.resources.devices.push({ allow: true, type: 'b', major: 8, minor: 0, access: 'rw' });
      linux.devices = [{ path: '/dev/sda', type: 'b', major: 8, minor: 0, fileMode: 0o600 }];
    },
    [
      'gains device: may read and write the block device 8:0',
      'gains device: gains the device file /dev/sda (b 8:0, mode 0600)',
    ],
  ],
  ['a limit of memory', resources({ memory: { limit: 64 << 20 } }), ['loses limit: memory limit none → 64 MiB']],
  ['a limit of CPU', resources({ cpu: { quota: 150000 } }), ['loses limit: CPU limit none → 1.5 CPUs']],
  ['a share of CPU', resources({ cpu: { shares: 512 } }), ['changes limit: CPU weight default → 59']],
  ['a limit of processes', resources({ pids: { limit: 100 } }), ['loses limit: process limit none → 100']],
  [
    'more files',
    ({ process }) => {
      process.rlimits[0] = { type: 'RLIMIT_NOFILE', soft: 4096, hard: 4096 };
    },
    ['gains limit: RLIMIT_NOFILE 1024 → 4096'],
  ],
  [
    'hooks',
    (config) => {
      config.hooks = { prestart: [{ path: '/usr/bin/hook', args: ['hook', 'a b'] }] };
    },
    ['gains hook: the prestart hook /usr/bin/hook "a b" is run on the host'],
  ],
  [
    'a program and its variables',
    ({ process }) => {
      process.args = ['bash'];
      process.env = ['PATH=/bin', 'LD_PRELOAD=/secret', 'TERM=xterm'];
    },
    [
      'changes process: runs bash instead of sh',
      'changes process: the variable PATH has another value',
      'changes process: the variable LD_PRELOAD is new',
    ],
  ],
  [
    'names',
    (config) => {
      config.hostname = 'two';
      config.annotations = { 'org.example/one': '1' };
      config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
    },
    [
      'changes kernel: the sysctl net.ipv4.ip_forward is set to 1',
      'changes process: the host name is two instead of runc',
      'changes process: the annotation org.example/one is added',
    ],
  ],
  [
    'a filter',
    ({ linux }) => {
      linux.seccomp = {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['read', 'write', 'execve', 'capset'], action: 'SCMP_ACT_ALLOW' }],
      };
    },
    [expect.stringMatching(/^loses seccomp: gets a seccomp filter: \d+ calls have rules, all others get ERRNO\(1\)$/)],
  ],
  [
    'users',
    ({ linux }) => {
      linux.namespaces.push({ type: 'user' });
      linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
      linux.gidMappings = linux.uidMappings;
    },
    ['loses namespace: gets users of its own'],
  ],
];

describe('from runc’s default config', () => {
  it.each(CASES)('%s', (_, patch, says) => {
    expect(words(changes(RUNC, patch))).toEqual(says);
  });

  it('nothing', () => {
    expect(changes(RUNC, () => undefined)).toEqual([]);
  });

  it('nothing but another way to say the same', () => {
    const same = changes(RUNC, (config) => {
      config.mounts[0].destination = '//proc/';
      config.process.cwd = '/./';
      config.process.capabilities.bounding.reverse();
      config.linux.resources.devices = [{ allow: false, access: 'rwm' }];
    });
    expect(same).toEqual([]);
  });
});

describe('from Docker’s', () => {
  const rules = (entry: object): Patch => {
    return ({ linux }) => linux.seccomp.syscalls.push(entry);
  };

  it('calls that are allowed', () => {
    const [change, ...others] = changes(DOCKER, rules({ names: ['mount', 'bpf'], action: 'SCMP_ACT_ALLOW' }));
    expect(change).toMatchObject({
      area: 'seccomp',
      effect: 'gains',
      text: 'may call bpf, mount',
      calls: ['bpf', 'mount'],
      path: '/linux/seccomp',
    });
    expect(others).toEqual([]);
  });

  it('calls that are forbidden, and answered otherwise', () => {
    const list = changes(DOCKER, ({ linux }) => {
      linux.seccomp.syscalls.unshift({ names: ['getpid'], action: 'SCMP_ACT_KILL_PROCESS' });
      linux.seccomp.syscalls.unshift({ names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 2 });
    }).map(({ text }) => text);
    expect(list).toEqual(expect.arrayContaining(['may no longer call getpid', 'mount: ERRNO(1) → ERRNO(2)']));
  });

  it('calls by their arguments', () => {
    const args = [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }];
    const list = words(changes(DOCKER, rules({ names: ['mount'], action: 'SCMP_ACT_ALLOW', args })));
    expect(list).toEqual(['gains seccomp: mount: ERRNO(1) → ALLOW if argument 0 == 0x1']);
  });

  it('no filter any more', () => {
    const [change] = changes(DOCKER, ({ linux }) => {
      linux.seccomp = undefined;
    });
    expect(change?.text).toBe('loses its seccomp filter: all that the filter does not allow can be called');
    expect(change?.after).toBeUndefined();
  });

  it('no profile any more', () => {
    const [change] = changes(DOCKER, ({ process }) => {
      process.apparmorProfile = undefined;
    });
    expect(change?.text).toBe('loses its AppArmor profile docker-default');
  });

  it('the same limits in the files of cgroup v1 and v2', () => {
    const patch: Patch = ({ linux }) => {
      linux.resources.memory = undefined;
      linux.resources.cpu.quota = 300000;
    };
    const of = (cgroup: typeof V2) => changes(DOCKER, patch, cgroup).map(({ text }) => text);
    expect(of(V2)).toEqual(['swap limit 512 MiB → none', 'memory limit 512 MiB → none', 'CPU limit 1.5 CPUs → 3 CPUs']);
    expect(of(V1)).toEqual([
      'memory limit 512 MiB → none',
      'limit of memory and swap 1 GiB → none',
      'CPU limit 1.5 CPUs → 3 CPUs',
    ]);
  });

  it('the cgroups of the host, which version 2 shows to who has no cgroup namespace', () => {
    const texts = changes(DOCKER, namespace('cgroup')).map(({ text }) => text);
    expect(texts).toContain("/sys/fs/cgroup is the host's /sys/fs/cgroup instead of a cgroup2");
  });
});

describe('the order', () => {
  const list = changes(RUNC, (config) => {
    both('CAP_SYS_ADMIN')(config);
    both('CAP_CHOWN')(config);
    namespace('network')(config);
    resources({ memory: { limit: 1 << 30 } })(config);
    config.hostname = 'two';
    config.root.readonly = false;
  });

  it('is gains, changes, losses, and the gravest of each first', () => {
    expect(list.map(({ text }) => text)).toEqual([
      'gains CAP_SYS_ADMIN',
      "joins the host's network",
      'the root filesystem becomes writable',
      'gains CAP_CHOWN',
      'the host name is two instead of runc',
      'memory limit none → 1 GiB',
    ]);
  });

  it('has the places of both configs', () => {
    expect(list[0]).toMatchObject({ path: '/process/capabilities', before: { line: 17 }, after: { line: 17 } });
    expect(list[2]).toMatchObject({ before: { path: '/root/readonly' }, after: { path: '/root/path' } });
    expect(list[4]).toMatchObject({ path: '/hostname' });
    expect(list[5]?.before).toBeUndefined();
  });
});

it('says the other way round what is lost', () => {
  const grown = structuredClone(RUNC);
  both('CAP_SYS_ADMIN')(grown);
  const asked = request(V2);
  const back = diff(plan(JSON.stringify(grown), asked), plan(JSON.stringify(RUNC), asked));
  expect(words(back)).toEqual(['loses privilege: loses CAP_SYS_ADMIN']);
});

it('keeps values of variables out of the text', () => {
  const text = JSON.stringify(
    changes(RUNC, ({ process }) => {
      process.env.push('TOKEN=hunter2');
    }),
  );
  expect(text).toContain('the variable TOKEN is new');
  expect(text).not.toContain('hunter2');
});

it.each([
  ['0', '0 bytes'],
  ['67108864', '64 MiB'],
  ['1610612736', '1.5 GiB'],
  ['1000', '1000 bytes'],
  ['1000000', '976.563 KiB'],
  ['word', 'word'],
])('%s bytes in words', (value, words_) => {
  expect(bytesInWords(value)).toBe(words_);
});
