// The page, as a file in Chromium.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { load } from '../../src/spec/index.ts';
import { Chromium, hasChromium, warnWithout } from './support/chromium.ts';

const project = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(project, file), 'utf8');

const FILE = join(project, 'dist/playground/index.html');
const URL_OF_FILE = pathToFileURL(FILE).href;
const FAULTY = read('fixtures/playground/faulty.json');
const CRUN = read('fixtures/configs/crun.json');
const RUNC = read('fixtures/configs/runc.json');
const spec = await load(readFileSync(join(project, 'src/spec/spec.wasm')));

/** Of which no rule has anything to say. */
const CLEAN = spec.fix(RUNC).text;

warnWithout('playground.test.ts');

test('page and module are less than 500 kB, compressed', () => {
  const page = readFileSync(FILE);
  expect(gzipSync(page).length).toBeLessThan(500_000);
  expect(brotliCompressSync(page).length).toBeLessThan(500_000);
});

describe.skipIf(!hasChromium)('in Chromium', () => {
  let chromium: Chromium;
  let context: BrowserContext;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  beforeAll(async () => {
    chromium = await Chromium.start();
  });
  afterAll(() => chromium?.stop());

  beforeEach(async () => {
    await visit(URL_OF_FILE);
  });
  afterEach(async () => {
    await context.close();
    // Neither the policy nor a script has complained, in any of the tests.
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
  });

  /** In a profile that nobody has used. */
  async function visit(url: string, options: { colorScheme?: 'light' | 'dark'; width?: number } = {}): Promise<void> {
    await context?.close();
    const { colorScheme = 'light', width = 1280 } = options;
    context = await chromium.browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height: 800 },
    });
    page = await context.newPage();
    requests = [];
    complaints = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => message.type() !== 'info' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    await settled();
  }

  async function settled(): Promise<void> {
    await page.waitForFunction(() => performance.getEntriesByName('first-findings').length > 0);
  }

  const editor = (name = 'config') => page.locator(`#panel-${name} .cm-content`);
  const findings = () => page.locator('.finding');
  const tab = (name: string) => page.getByRole('tab', { name });

  /** Into the editor in front, as a file: Chromium types long texts slowly. */
  async function put(text: string): Promise<void> {
    await page
      .locator('#file')
      .setInputFiles({ name: 'config.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    // It is cleared once its text is in the editor.
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#file')?.value === '');
  }

  /** Everything in the editor, which draws only what is seen. */
  async function textOf(): Promise<string> {
    await page.locator('#share').click();
    await page.waitForFunction(() => location.hash.length > 3);
    return page.evaluate(async () => {
      const base64 = location.hash.slice(3).replaceAll('-', '+').replaceAll('_', '/');
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
      return (await new Response(stream).json()).config;
    });
  }

  async function open(example: string): Promise<void> {
    await page.locator('#open').click();
    await page.getByRole('button', { name: example }).click();
  }

  describe('what it says', () => {
    test('is what the library says', async () => {
      const { diagnostics } = spec.lint(FAULTY);
      await expect.poll(() => findings().count()).toBe(diagnostics.length);
      expect(await page.locator('.finding .message').allTextContents()).toEqual(
        diagnostics.map(({ message }) => message),
      );
      expect(await page.locator('#summary').textContent()).toMatch(/^config\.json: \d+ errors, \d+ warnings in/);
    });

    test('changes with every key', async () => {
      await editor().press('Control+a');
      await page.keyboard.type('[');
      await expect.poll(() => findings().allTextContents()).toEqual([expect.stringContaining('OCI001')]);
      await page.keyboard.type(']');
      await expect.poll(() => findings().allTextContents()).not.toEqual([expect.stringContaining('OCI001')]);
      await put(CLEAN);
      await expect.poll(() => page.locator('#panel-findings').textContent()).toContain('Nothing found');
    });

    test('depends on preset and runtimes', async () => {
      await put(RUNC.replace('"hostname"', '"domainname": "example.org", "hostname"'));
      await page.locator('#preset').selectOption('hardened');
      await page.locator('#targets').click();
      for (const box of await page.locator('#target-list input').all()) await box.check();
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('#panel-findings').textContent()).toContain('OCI801');
      expect(await page.locator('#targets').textContent()).toBe('For 11 runtimes');
    });

    test('explains its rules', async () => {
      const [first] = spec.lint(FAULTY).diagnostics;
      const rule = spec.rules().find(({ id }) => id === first?.rule);
      await page.locator('summary').first().click();
      expect(await page.locator('.explanation').textContent()).toContain(rule?.why);
    });

    test('survives a large config', async () => {
      const config = JSON.parse(RUNC);
      config.process.env = Array.from({ length: 3000 }, (_value, index) => `no-equals-sign-${index}`);
      const text = JSON.stringify(config, null, 1);
      await put(text);
      await expect.poll(() => findings().count(), { timeout: 20_000 }).toBe(200);
      expect(await page.locator('.note').textContent()).toContain(
        `and ${spec.lint(text).diagnostics.length - 200} more`,
      );
    });
  });

  describe('fixes', () => {
    test('one at its button', async () => {
      const fixable = spec.lint(FAULTY).diagnostics.find(({ fix }) => fix?.safe);
      await page
        .getByRole('button', { name: `Fix: ${fixable?.fix?.title}` })
        .first()
        .click();
      await expect.poll(() => findings().count()).toBe(spec.lint(FAULTY).diagnostics.length - 1);
      // Who uses the keyboard goes on from where he was.
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('place');
    });

    test.each([
      ['Fix all that is safe', false],
      ['Fix all (', true],
    ])('%s', async (name, unsafe) => {
      await page.getByRole('button', { name }).click();
      const { text } = spec.fix(FAULTY, { unsafe });
      expect(await textOf()).toBe(text);
    });

    test('undone by the editor', async () => {
      await page.getByRole('button', { name: 'Fix all (' }).click();
      await editor().press('Control+z');
      await expect.poll(() => findings().count()).toBe(spec.lint(FAULTY).diagnostics.length);
    });
  });

  describe('plan, graph and diff', () => {
    beforeEach(() => put(RUNC));

    test('the plan, and its system calls', async () => {
      await tab('Plan').click();
      const { steps } = spec.plan(RUNC);
      await expect.poll(() => page.locator('.step > span').allTextContents()).toEqual(steps.map(({ text }) => text));
      await page.getByLabel('with all system calls').check();
      const { rows } = spec.image(RUNC);
      await expect.poll(() => page.locator('.line').count()).toBeGreaterThanOrEqual(rows.length);
      expect(await page.locator('#panel-plan').textContent()).toContain(rows.at(-1)?.text);
    });

    test('a place is a way into the editor', async () => {
      await tab('Plan').click();
      await page.getByRole('button', { name: '/root/path:' }).click();
      expect(await page.locator('.cm-activeLine').textContent()).toContain('"path": "rootfs"');
    });

    test('a config that cannot be launched has no plan', async () => {
      await put(FAULTY);
      for (const name of ['Plan', 'Graph']) {
        await tab(name).click();
        await expect
          .poll(() => page.locator('.answer:visible').textContent())
          .toContain('config.json cannot be launched');
      }
    });

    test('the graph is a picture', async () => {
      await tab('Graph').click();
      await expect
        .poll(() => page.locator('img.drawing').evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBeGreaterThan(400);
    });

    test('a config in which somebody has put HTML is text', async () => {
      const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
      const config = JSON.parse(RUNC);
      config.hostname = evil.slice(0, 60);
      config.process.env.push(evil);
      config.process.capabilities.bounding.push(evil);
      config.mounts.push({ destination: `/${evil.replaceAll('/', '')}`, type: 'tmpfs', source: evil });
      config.annotations = { [evil]: evil };
      await put(JSON.stringify(config));
      page.on('dialog', () => complaints.push('a dialog'));
      for (const name of ['Plan', 'Graph', 'Diff', 'Findings']) {
        await tab(name).click();
        if (name === 'Diff') await page.getByRole('button', { name: 'Copy config.json' }).click();
        await expect.poll(() => page.locator('.answer:visible').innerHTML()).not.toBe('');
        expect(await page.locator('.answer img:not(.drawing), .answer script').count()).toBe(0);
      }
    });

    test('the diff of two configs', async () => {
      await tab('Diff').click();
      await page.getByRole('button', { name: 'Copy config.json there' }).click();
      await expect.poll(() => page.locator('#panel-diff').textContent()).toContain('No change');
      await put(RUNC.replace('"CAP_KILL"', '"CAP_KILL", "CAP_SYS_ADMIN"'));
      await expect.poll(() => page.locator('#panel-diff').textContent()).toContain('CAP_SYS_ADMIN');
    });
  });

  describe('a link', () => {
    test('brings everything back', async () => {
      await put(RUNC);
      await page.locator('#preset').selectOption('strict');
      await page.locator('#targets').click();
      await page.getByLabel('crun 1.14').check();
      await page.keyboard.press('Escape');
      await tab('compare with').click();
      await put('{"other": "ünï\u{1F40B}"}');
      await tab('Plan').click();
      await page.locator('#share').click();
      await page.waitForFunction(() => location.hash.startsWith('#1.'));
      const url = page.url();
      expect(url).toMatch(/#1\.[\w-]+$/);

      await visit(url);
      expect(await textOf()).toBe(RUNC);
      expect(await page.locator('#preset').inputValue()).toBe('strict');
      expect(await page.locator('#targets').textContent()).toBe('For crun 1.14');
      expect(await tab('Plan').getAttribute('aria-selected')).toBe('true');
      await tab('compare with').click();
      expect(await editor('other').textContent()).toContain('ünï\u{1F40B}');
    });

    test.each(['#1.', '#1.AAAA', '#1.%%%', '#2.abc', '#somewhere', '#1.q1ZKzs9LyUxXslJQKqksSFWqBQA'])(
      'that is none: %s',
      async (fragment) => {
        await visit(URL_OF_FILE + fragment);
        await expect.poll(() => findings().count()).toBe(spec.lint(FAULTY).diagnostics.length);
      },
    );

    test('in a page that is open already', async () => {
      await put('{}');
      await page.locator('#share').click();
      await page.waitForFunction(() => location.hash.startsWith('#1.'));
      const hash = new URL(page.url()).hash;
      await put(RUNC);
      await page.evaluate(() => history.replaceState(null, '', '#'));
      await page.evaluate((wanted) => {
        location.hash = wanted;
      }, hash);
      await expect.poll(() => editor().textContent()).toBe('{}');
    });
  });

  describe('for everybody', () => {
    const AXE = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };

    /** What axe finds, short enough to read in a failed test. */
    async function violations(): Promise<string[]> {
      // Not while the page is still at it.
      await page.evaluate(async () => {
        for (let turn = 0; turn < 3; turn++) await new Promise((done) => requestIdleCallback(done));
      });
      await page.evaluate(axe.source);
      return page.evaluate(async (options) => {
        const { violations: found } = await (globalThis as unknown as { axe: typeof axe }).axe.run(options);
        return found.map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`,
        );
      }, AXE);
    }

    describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
      test.each([1280, 400])('axe finds nothing at %i pixels', async (width) => {
        await visit(URL_OF_FILE, { colorScheme, width });
        await page.locator('summary').first().click();
        expect(await violations()).toEqual([]);
        for (const menu of ['#open', '#targets', '#keys']) {
          await page.locator(menu).click();
          expect(await violations(), menu).toEqual([]);
          await page.keyboard.press('Escape');
        }
        for (const name of ['Plan', 'Graph', 'Diff']) {
          await tab(name).click();
          expect(await violations(), `${name} of what cannot be launched`).toEqual([]);
        }
        await page.getByRole('button', { name: 'Copy config.json there' }).click();
        await open('A container of Docker');
        await tab('config.json').click();
        await open('runc spec');
        for (const name of ['Plan', 'Graph', 'Diff', 'Findings']) {
          await tab(name).click();
          if (name === 'Plan') await page.getByLabel('with all system calls').check();
          expect(await violations(), name).toEqual([]);
        }
      });
    });

    test('the colours are the reader’s, whatever the system has', async () => {
      const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const light = await paper();
      await page.locator('#theme').click();
      expect(await paper()).toBe(light);
      await page.locator('#theme').click();
      expect(await paper()).not.toBe(light);
      expect(await page.locator('#theme').getAttribute('aria-label')).toBe('Colours: dark');
    });

    test('without a mouse', async () => {
      /** The name of what has the focus. */
      const focused = () =>
        page.evaluate(() => {
          const { activeElement: element } = document;
          return element?.id || element?.getAttribute('aria-label') || element?.className || element?.tagName;
        });
      const walk = async (key: string, until: string): Promise<void> => {
        for (let step = 0; step < 60; step++) {
          await page.keyboard.press(key);
          if ((await focused()) === until) return;
        }
        throw new Error(`${key} never comes to ${until}`);
      };
      const { diagnostics } = spec.lint(FAULTY);

      // Through the bar: a menu opens, and gives the focus back.
      await walk('Tab', 'open');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('One with mistakes');
      await page.keyboard.press('Escape');
      expect(await focused()).toBe('open');

      // Into the editor, from finding to finding, and out again.
      await walk('Tab', 'tab-config');
      await walk('Tab', 'config.json');
      await page.keyboard.press('F8');
      expect(await page.locator('.cm-activeLine').textContent()).toContain('NET_BIND_SERVICE');
      await page.keyboard.press('Control+.');
      await expect.poll(() => findings().count()).toBeLessThan(diagnostics.length);
      await walk('Tab', 'tab-findings');

      // The tabs are one stop; arrows go between them.
      await page.keyboard.press('ArrowRight');
      expect(await focused()).toBe('tab-plan');
      expect(await page.locator('#panel-plan').isVisible()).toBe(true);
      await page.keyboard.press('End');
      expect(await focused()).toBe('tab-diff');
      await page.keyboard.press('Home');

      // A finding leads to its place.
      await walk('Tab', 'place');
      await page.keyboard.press('Enter');
      expect(await focused()).toBe('config.json');
      await walk('Shift+Tab', 'tab-config');
    });

    test('a screen reader is told', async () => {
      await put(CLEAN);
      await expect.poll(() => page.locator('[role=status]').textContent()).toBe('config.json: nothing found');
    });
  });

  describe('nothing leaves the page', () => {
    test('no request is made, and none could be', async () => {
      expect(requests).toEqual([URL_OF_FILE]);
      const outcome = await page.evaluate(() =>
        fetch('http://127.0.0.1:9/').then(
          () => 'sent',
          () => 'refused',
        ),
      );
      expect(outcome).toBe('refused');
      expect(complaints.splice(0).join()).toContain('Content Security Policy');
      requests = [];
    });

    test('nothing is kept', async () => {
      await put('{"a": 1}');
      await page.locator('#share').click();
      expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
        0,
        0,
        '',
      ]);
    });

    test('the policy lets no script in', async () => {
      const ran = await page.evaluate(() => {
        const script = document.createElement('script');
        try {
          script.text = 'window.ran = true';
        } catch {
          return 'not even made';
        }
        document.body.append(script);
        return 'ran' in window;
      });
      expect(ran).toBe('not even made');
      complaints = [];
    });
  });

  test('a file of the reader', async () => {
    await page.locator('#open').click();
    await page.getByLabel('A file of yours').setInputFiles(join(project, 'fixtures/configs/crun.json'));
    await expect.poll(() => page.locator('#open-menu').isVisible()).toBe(false);
    expect(await textOf()).toBe(CRUN);
  });

  test('from a web server it is the same', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' });
      response.end(request.url === '/' ? readFileSync(FILE) : '');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await visit(url);
      await expect.poll(() => findings().count()).toBe(spec.lint(FAULTY).diagnostics.length);
      expect(requests).toEqual([url]);
      requests = [];
    } finally {
      await context.close();
      server.close();
    }
  });
});
