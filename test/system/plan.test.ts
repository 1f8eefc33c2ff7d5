// orlop plan --diff and --graph, as people call them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseXml } from '../spec/xml.ts';
import { type Bundle, type Patch, Workplace } from './support/bundle.ts';
import { builds, Orlop } from './support/orlop.ts';

const place = new Workplace('plan');
afterAll(() => place.remove());

const grown: Patch = (config) => {
  for (const set of ['bounding', 'permitted', 'effective']) config.process.capabilities[set].push('CAP_SYS_ADMIN');
  config.mounts.push({ destination: '/etc', source: '/etc', options: ['rbind'] });
  config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
};

describe.each(builds())('$name', (build) => {
  const orlop = new Orlop(place, build);
  const old = place.bundle();
  const now = place.bundle(grown);
  const file = ({ config }: Bundle): string => config;

  it('says what changes, the gravest first, with lines of both files', () => {
    const { stdout } = orlop.call(['plan', '--diff', file(old), file(now)]).ok();
    const lines = stdout.split('\n');
    expect(lines.slice(0, 3)).toEqual([`${file(old)} → ${file(now)}`, '', 'The container gains']);
    expect(lines[3]).toMatch(/^\+ privilege {2}gains CAP_SYS_ADMIN +\d+ → \d+ \/process\/capabilities$/);
    expect(lines[4]).toMatch(/^\+ namespace {2}joins the host's network +\d+ → {0,1}.*\/linux\/namespaces$/);
    expect(lines[5]).toMatch(/^\+ mount {6}gains the host's \/etc on \/etc, writable +→ \d+ \/mounts\/7$/);
  });

  it('says the same as a document', () => {
    const { stdout } = orlop.call(['plan', '--json', '--diff', file(old), file(now)]).ok();
    const { version, changes } = JSON.parse(stdout);
    expect(version).toBe(1);
    expect(changes[0]).toMatchObject({
      area: 'privilege',
      effect: 'gains',
      text: 'gains CAP_SYS_ADMIN',
      path: '/process/capabilities',
      before: { path: '/process/capabilities' },
    });
  });

  it('aligns the calls', () => {
    const { stdout } = orlop.call(['plan', '--calls', '--diff', file(old), file(now)]).ok();
    expect(stdout).toMatch(/^- # new .*network/m);
    expect(stdout).toMatch(/^\+ # bind of \/etc on \/etc$/m);
    expect(stdout).toMatch(/^\+ +\d+ {2}open_tree\(AT_FDCWD, "\/etc"/m);
    // A jump to a row that has moved is no change.
    expect(stdout).not.toMatch(/^[-+].*mount of "proc"/m);
  });

  it.each([
    ['nothing', ['plan', '--diff'], 0],
    ['nothing, with --exit-code', ['plan', '--exit-code', '--diff'], 0],
    ['nothing, in calls', ['plan', '--exit-code', '--calls', '--diff'], 0],
  ])('exits with the status for %s', (_, words, status) => {
    const same = orlop.call([...words, file(old), file(old)]);
    expect(same.status).toBe(status);
    if (!words.includes('--calls')) expect(same.stdout).toContain('No change');
  });

  it.each([
    ['0', ['plan', '--diff'], 0],
    ['1 with --exit-code', ['plan', '--exit-code', '--diff'], 1],
    ['1 with --exit-code, in calls', ['plan', '--exit-code', '--calls', '--diff'], 1],
  ])('exits with %s for changes', (_, words, status) => {
    expect(orlop.call([...words, file(old), file(now)]).status).toBe(status);
  });

  it('reads one of the two from standard input', () => {
    const words = ['plan', '-b', now.directory, '--diff', file(old), '-'];
    expect(orlop.call(words, { input: readFileSync(file(now), 'utf8') }).ok().stdout).toContain('gains CAP_SYS_ADMIN');
    const both = orlop.call(['plan', '--diff', '-', '-']);
    expect([both.status, both.stderr]).toEqual([1, expect.stringContaining('both configs are standard input')]);
  });

  it('says which of the two is wrong', () => {
    const broken = place.path(`broken-${build.name}.json`);
    writeFileSync(broken, '{ "ociVersion": 1 }');
    const { status, stderr } = orlop.call(['plan', '--diff', broken, file(now)]);
    expect(status).toBe(1);
    expect(stderr).toContain(broken);
    expect(stderr).toContain('/ociVersion');
  });

  it('draws', () => {
    const svg = place.path(`plan-${build.name}.svg`);
    orlop.call(['plan', '--graph', svg, file(now)]).ok();
    const written = readFileSync(svg, 'utf8');
    expect(parseXml(written)[0]?.name).toBe('svg');
    expect(written).toContain('SYS_ADMIN');
    // Again, over the drawing that is there; and the same to standard output.
    orlop.call(['plan', '--graph', svg, file(now)]).ok();
    expect(orlop.call(['plan', '--graph', '-', file(now)]).ok().stdout).toBe(written);
  });

  it('writes no drawing over what is none', () => {
    const { status, stderr } = orlop.call(['plan', '--graph', file(old), file(now)]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('is no SVG')]);
    expect(JSON.parse(readFileSync(file(old), 'utf8'))).toHaveProperty('ociVersion');
    const missing = orlop.call(['plan', '--graph', join(place.directory, 'no/where.svg'), file(now)]);
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
    expect(existsSync(join(place.directory, 'no'))).toBe(false);
  });

  it.each([
    [['plan', '--json', '--calls'], '--json and --calls'],
    [['plan', '--graph', '-', '--diff', 'x'], '--diff and --graph'],
    [['plan', '--exit-code'], '--exit-code is for --diff'],
  ])('%j is refused', (words, message) => {
    const { status, stderr } = orlop.call(words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});
