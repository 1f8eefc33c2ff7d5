// Statistics of a resource control group: Documentation/filesystems/resctrl.rst, info and mon_data.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CgroupFiles, isAbsent } from './cgroup-files.ts';
import { type RdtState, rootOf } from './intel-rdt.ts';
import { type IntelRdt, present } from './stats.ts';

/** Without a group nothing, as without linux.intelRdt in the config. */
export function readRdt(state: RdtState | undefined): IntelRdt {
  if (!state) return {};
  const root = rootOf(state.group);
  const [all, own] = [root, state.group].map((directory) => new CgroupFiles([directory]).lines('schemata'));
  const schemas = (resource: string): [string?, string?] =>
    [all, own].map((lines) => lines?.map((line) => line.trim()).find((line) => line.startsWith(`${resource}:`))) as [
      string?,
      string?,
    ];
  const [cacheOfAll, cache] = schemas('L3');
  const [bandwidthOfAll, bandwidth] = schemas('MB');
  return present({
    l3_cache_info: cacheInfo(new CgroupFiles([join(root, 'info/L3')])),
    l3_cache_schema_root: cacheOfAll,
    l3_cache_schema: cache,
    mem_bw_info: bandwidthInfo(new CgroupFiles([join(root, 'info/MB')])),
    mem_bw_schema_root: bandwidthOfAll,
    mem_bw_schema: bandwidth,
    ...monitored(join(state.monitor ?? state.group, 'mon_data')),
  });
}

function cacheInfo(files: CgroupFiles): IntelRdt['l3_cache_info'] {
  const mask = files.text('cbm_mask');
  if (mask === undefined) return undefined;
  return present({
    cbm_mask: mask,
    min_cbm_bits: files.number('min_cbm_bits'),
    num_closids: files.number('num_closids'),
  });
}

function bandwidthInfo(files: CgroupFiles): IntelRdt['mem_bw_info'] {
  if (files.text('min_bandwidth') === undefined) return undefined;
  return present({
    bandwidth_gran: files.number('bandwidth_gran'),
    delay_linear: files.number('delay_linear'),
    min_bandwidth: files.number('min_bandwidth'),
    num_closids: files.number('num_closids'),
  });
}

/** A directory for each cache, mon_L3_00 and so on; what the processor does not count has no file. */
function monitored(directory: string): Pick<IntelRdt, 'mbm_stats' | 'cmt_stats'> {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    if (isAbsent(error)) return {};
    throw error;
  }
  const caches = names.map((name) => new CgroupFiles([join(directory, name)]));
  const has = (file: string): boolean => caches.some((cache) => cache.text(file) !== undefined);
  return {
    ...(has('mbm_total_bytes') || has('mbm_local_bytes')
      ? {
          mbm_stats: caches.map((cache) => ({
            mbm_total_bytes: cache.number('mbm_total_bytes'),
            mbm_local_bytes: cache.number('mbm_local_bytes'),
          })),
        }
      : {}),
    ...(has('llc_occupancy')
      ? { cmt_stats: caches.map((cache) => ({ llc_occupancy: cache.number('llc_occupancy') })) }
      : {}),
  };
}
