// temporary
import { readFileSync, statfsSync } from 'node:fs';
import { declare, type Pointer } from './libc.ts';
import { capabilities } from './process.ts';

const prlimit_ = declare<(pid: number, resource: number, next: Pointer, old: Pointer) => number>(
  'int prlimit64(int, int, void *, void *)',
);

export interface Facts {
  capabilities: string;
  nofileSoft: string;
  nofileHard: string;
  cgroup: {
    layout: 'v1' | 'hybrid' | 'v2' | 'none';
    mount?: string;
    controllers?: string[];
    unified?: string;
    hierarchies?: { mount: string; name?: string; controllers: string[] }[];
  };
}

export function gatherFacts(): Facts {
  const old = Buffer.alloc(16);
  prlimit_(process.ppid, 7, null, old);
  return {
    capabilities: capabilities().permitted.toString(16),
    nofileSoft: String(old.readBigUInt64LE(0)),
    nofileHard: String(old.readBigUInt64LE(8)),
    cgroup: cgroupFacts(),
  };
}

function cgroupFacts(): Facts['cgroup'] {
  const type = statfsSync('/sys/fs/cgroup').type;
  if (type === 0x63677270)
    return {
      layout: 'v2',
      mount: '/sys/fs/cgroup',
      controllers: readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(' '),
    };
  const hierarchies: { mount: string; name?: string; controllers: string[] }[] = [];
  let unified: string | undefined;
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before, after] = line.split(' - ');
    const mount = before?.split(' ')[4];
    const fields = after?.split(' ');
    if (!mount || !fields) continue;
    if (fields[0] === 'cgroup2') unified = mount;
    if (fields[0] !== 'cgroup') continue;
    const options = (fields[2] ?? '').split(',').filter((option) => !['rw', 'ro'].includes(option));
    const name = options.find((option) => option.startsWith('name='))?.slice(5);
    hierarchies.push({
      mount,
      ...(name ? { name } : {}),
      controllers: options.filter(
        (option) => !option.includes('=') && !['xattr', 'none', 'clone_children', 'cpuset_v2_mode'].includes(option),
      ),
    });
  }
  if (hierarchies.length === 0) return { layout: 'none' };
  return { layout: unified ? 'hybrid' : 'v1', ...(unified ? { unified } : {}), hierarchies };
}
