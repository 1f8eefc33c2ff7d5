// Who may do it: the privileges of the caller, and the ids that he may map.

import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { OrlopError } from '../../error.ts';
import { getLimit, RLIM_INFINITY } from '../../linux/limits.ts';
import { placeOf, stepOf, stepsOf } from '../../spec/steps.ts';
import type { IdMapping, IdMaps, Place } from '../../spec/types.ts';
import { findHelper } from '../id-maps.ts';
import { checkPrivileges } from '../privileges.ts';
import { CAP_SYS_RESOURCE, type Situation } from './situation.ts';

export function checkCaller(situation: Situation): void {
  const { plan, report, caller } = situation;
  const isMapped = stepOf(plan, 'map-ids') !== undefined || stepOf(plan, 'identity') !== undefined;
  try {
    checkPrivileges({ userNamespace: isMapped });
    report.passes(`${caller.name} has the privileges that it takes`);
  } catch (error) {
    if (!(error instanceof OrlopError)) throw error;
    report.stops('missing-privileges', {}, error.message, error.hint ?? 'start it as root');
  }
  checkMaps(situation);
  checkRlimits(situation);
  checkOomScore(situation);
}

function checkMaps(situation: Situation): void {
  const { plan } = situation;
  const step = stepOf<IdMaps>(plan, 'map-ids');
  if (!step) return;
  const place = placeOf(step);
  checkMap(situation, 'uid', step.uidMappings, step.uidHelper, place);
  checkMap(situation, 'gid', step.gidMappings, step.gidHelper, place);
}

function checkMap(
  situation: Situation,
  kind: 'uid' | 'gid',
  maps: IdMapping[],
  helper: string | undefined,
  place: Place,
): void {
  const { report, caller } = situation;
  if (helper !== undefined) {
    try {
      report.passes(`${findHelper(helper, kind, () => place)} maps ${kind}s`, place);
    } catch (error) {
      if (!(error instanceof OrlopError)) throw error;
      report.stops('missing-helper', place, error.message, error.hint ?? '');
    }
    const ranges = subordinate(kind, caller.uid);
    const own = kind === 'uid' ? caller.uid : caller.gid;
    const outside = maps.find(
      ({ hostID, size }) =>
        !(size === 1 && hostID === own) &&
        !ranges.some(([first, count]) => hostID >= first && hostID + size <= first + count),
    );
    if (outside) {
      const has = ranges.map(([first, count]) => `${first}-${first + count - 1}`).join(', ') || 'none';
      const message = `${kind}s ${outside.hostID}-${outside.hostID + outside.size - 1} of the host are not ${caller.name}'s to map: /etc/sub${kind} gives him ${has}`;
      report.stops(
        'no-subordinate-ids',
        place,
        message,
        `usermod --add-sub${kind}s FIRST-LAST, as root, or map those that he has`,
      );
    } else report.passes(`/etc/sub${kind} has the ${kind}s that are mapped`, place);
    return;
  }
  const known = ownMap(kind);
  const outside = maps.find(
    ({ hostID, size }) => !known.some(([first, count]) => hostID >= first && hostID + size <= first + count),
  );
  if (outside) {
    const message = `${kind} ${outside.hostID} (of ${outside.size}) is not mapped in the user namespace of the caller: /proc/self/${kind}_map (EPERM)`;
    report.stops('no-subordinate-ids', place, message, 'map ids that are there');
  } else report.passes(`the ${kind}s that are mapped are there`, place);
}

/** man 5 subuid: NAME:FIRST:COUNT, or a number for the name. */
function subordinate(kind: 'uid' | 'gid', uid: number): [number, number][] {
  const file = `/etc/sub${kind}`;
  if (!existsSync(file)) return [];
  let name = '';
  try {
    name = userInfo().username;
  } catch {
    // A user without an entry in /etc/passwd has a number only.
  }
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([owner]) => owner !== '' && (owner === name || owner === String(uid)))
    .map(([, first, count]) => [Number(first), Number(count)]);
}

/** What the caller's own namespace numbers: each line from its first id on. */
function ownMap(kind: 'uid' | 'gid'): [number, number][] {
  const lines = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([first = 0, , count = 0]) => [first, count]);
}

const NOFILE = 'RLIMIT_NOFILE';

/** In the order of asm-generic/resource.h: the index is the number. */
const RESOURCES =
  'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME'.split(' ');

function checkRlimits({ plan, report, holds, facts }: Situation): void {
  for (const step of stepsOf<{ type: string; soft: string; hard: string }>(plan, 'rlimit')) {
    const place = placeOf(step);
    const resource = RESOURCES.indexOf(step.type.slice('RLIMIT_'.length));
    const hard = BigInt(step.hard);
    const most = step.type === NOFILE ? BigInt(readFileSync('/proc/sys/fs/nr_open', 'utf8').trim()) : RLIM_INFINITY;
    const own = step.type === NOFILE ? BigInt(facts.nofileHard) : getLimit(0, resource).hard;
    if (hard > most) {
      report.stops(
        'rlimit-too-high',
        place,
        `${step.type}: ${hard} is more than the sysctl fs.nr_open allows, ${most} (EPERM)`,
        'lower it, or raise fs.nr_open',
      );
    } else if (hard > own && !holds(CAP_SYS_RESOURCE)) {
      report.stops(
        'rlimit-too-high',
        place,
        `${step.type}: ${hard} is more than the caller's own hard limit, ${own}, and he may not raise it (EPERM)`,
        'lower it, or start it with CAP_SYS_RESOURCE',
      );
    } else report.passes(`${step.type} can be set`, place);
  }
}

function checkOomScore({ plan, report, holds }: Situation): void {
  const step = stepOf<{ score: number }>(plan, 'oom-score');
  if (!step) return;
  const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
  if (step.score < own && !holds(CAP_SYS_RESOURCE)) {
    const message = `oomScoreAdj ${step.score} is less than the caller's own ${own}, and he may not lower it (EACCES)`;
    report.stops('oom-score-too-low', placeOf(step), message, 'raise it, or start it with CAP_SYS_RESOURCE');
  } else report.passes('oomScoreAdj can be set', placeOf(step));
}
