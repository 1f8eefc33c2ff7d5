import { describe, expect, test } from 'vitest';
import { fixture } from './module.ts';
import { changed, findings, plan, request, V1 } from './plans.ts';

// What the spec leaves to later versions of itself is never passed over in silence.

const runc = changed(fixture('runc'), { '/process/capabilities/ambient': [] });
const cases: [string, unknown][] = [['/linux/personality', { domain: 'LINUX', flags: ['ADDR_NO_RANDOMIZE'] }]];

describe.each(cases)('%s: %j', (pointer, value) => {
  const config = changed(runc, { [pointer]: value });

  test('is refused', () => {
    const [finding, ...others] = findings(config, request(V1));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: 'OCI802', name: 'unsupported', severity: 'error' });
    expect(finding?.path.startsWith(pointer)).toBe(true);
    expect(() => plan(config, request(V1))).toThrow(expect.objectContaining({ code: 'spec/unsupported' }));
  });

  test('is a warning where the user asked for it', () => {
    const { diagnostics, steps } = plan(config, request(V1, { ignoreUnsupported: true }));
    expect(diagnostics).toMatchObject([{ rule: 'OCI802', name: 'unsupported', severity: 'warning' }]);
    expect(steps.at(-1)?.verb).toBe('execute');
  });
});

test('an empty value asks for nothing', () => {
  const config = changed(runc, {
    '/process/apparmorProfile': '',
    '/process/selinuxLabel': '',
    '/linux/uidMappings': [],
    '/linux/netDevices': {},
    '/linux/mountLabel': '',
    '/hooks': { prestart: [], poststop: null },
  });
  expect(plan(config, request(V1)).diagnostics).toEqual([]);
});
