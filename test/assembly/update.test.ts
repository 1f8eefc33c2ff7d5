import { describe, expect, it } from 'vitest';
import { OrlopError } from '../../src/error.ts';
import { specModule } from '../../src/spec/embedded.ts';
import { SpecDocument } from '../../src/spec/module.ts';

const cgroup = { layout: 'v2' as const, mount: '/own', controllers: ['cpu', 'memory', 'pids', 'io', 'cpuset'] };

/** File and value of each write on cgroup v2, or the error. */
function update(resources: object, current: Record<string, string> = {}): string[] | string {
  const document = new SpecDocument(specModule(), Buffer.from(JSON.stringify(resources)));
  try {
    const { steps } = document.update({ version: 1, facts: { cgroup }, current });
    return steps.map(({ directory, file, value }) => `${directory}/${file}=${value}`);
  } catch (error) {
    if (error instanceof OrlopError) return error.message;
    throw error;
  }
}

describe('update on cgroup v2', () => {
  it('writes what is named and nothing else', () => {
    expect(update({})).toEqual([]);
    expect(update({ pids: { limit: 7 } })).toEqual(['/own/pids.max=7']);
  });

  it('keeps the other half of cpu.max', () => {
    expect(update({ cpu: { period: 50000 } }, { 'cpu.max': '20000 100000\n' })).toEqual(['/own/cpu.max=20000 50000']);
    expect(update({ cpu: { quota: 30000 } }, { 'cpu.max': '20000 40000\n' })).toEqual(['/own/cpu.max=30000 40000']);
    expect(update({ cpu: { quota: -1 } }, { 'cpu.max': '20000 40000\n' })).toEqual(['/own/cpu.max=max 40000']);
  });

  it('keeps memory and swap together as they are when memory changes', () => {
    const current = { 'memory.max': '100\n', 'memory.swap.max': '60\n' };
    expect(update({ memory: { limit: 120 } }, current)).toEqual(['/own/memory.swap.max=40', '/own/memory.max=120']);
    expect(update({ memory: { limit: 161 } }, current)).toMatch(
      /memory.swap \(160\) is less than memory.limit \(161\)/,
    );
    expect(update({ memory: { swap: 150 } }, current)).toEqual(['/own/memory.swap.max=50']);
    expect(update({ memory: { swap: 90 } }, current)).toMatch(/memory.swap \(90\) is less than memory.limit \(100\)/);
    expect(update({ memory: { limit: -1 } }, current)).toEqual(['/own/memory.swap.max=max', '/own/memory.max=max']);
  });

  it('refuses a limit below the usage where it was asked to look', () => {
    const current = { 'memory.current': '1000\n' };
    expect(update({ memory: { limit: 999, checkBeforeUpdate: true } }, current)).toMatch(
      /less than the container uses/,
    );
    expect(update({ memory: { limit: 1000, checkBeforeUpdate: true } }, current)).toEqual(['/own/memory.max=1000']);
    expect(update({ memory: { limit: 999 } }, current)).toEqual(['/own/memory.max=999']);
  });

  it('looks at memory and swap together as well', () => {
    const current = { 'memory.current': '1000\n', 'memory.max': '500\n' };
    expect(update({ memory: { swap: 999, checkBeforeUpdate: true } }, current)).toMatch(
      /memory.swap \(999\) is less than/,
    );
    expect(update({ memory: { swap: 1500, checkBeforeUpdate: true } }, current)).toEqual(['/own/memory.swap.max=1000']);
  });

  it('has no image', () => {
    const document = new SpecDocument(specModule(), Buffer.from('{}'));
    document.update({ version: 1 });
    expect(() => document.image()).toThrow(/nothing to answer from/);
  });
});
