// The playground in Chromium: how long a reader waits for the first findings, and after a keystroke.

import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CHROMIUM, Chromium, hasChromium } from '../browser/support/chromium.ts';

const FILE = 'dist/playground/index.html';

export const canOpenPage = hasChromium && existsSync(FILE);

/** Milliseconds, of a page that is opened anew each time. */
export async function pageTimes(count: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>([
    ['from load', []],
    ['from navigation', []],
    ['a keystroke', []],
  ]);
  const chromium = await Chromium.start();
  try {
    for (let round = 0; round < count; round++) {
      const page = await chromium.browser.newPage();
      await page.goto(pathToFileURL(FILE).href);
      await page.waitForFunction(() => performance.getEntriesByName('first-findings').length > 0);
      const editor = page.locator('.cm-content').first();
      for (const key of 'abc') {
        const before = await page.evaluate(() => performance.getEntriesByName('answer').length);
        await editor.press(key);
        await page.waitForFunction((seen) => performance.getEntriesByName('answer').length > seen, before);
      }
      const [load, first, key] = await page.evaluate(() => {
        const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
        const found = performance.getEntriesByName('first-findings')[0]?.startTime ?? Number.NaN;
        return [navigation?.loadEventEnd ?? 0, found, performance.getEntriesByName('answer').at(-1)?.duration];
      });
      times.get('from load')?.push(Math.max(0, (first ?? 0) - (load ?? 0)));
      times.get('from navigation')?.push(first ?? Number.NaN);
      times.get('a keystroke')?.push(key ?? Number.NaN);
      await page.close();
    }
  } finally {
    await chromium.stop();
  }
  return times;
}

export const NEEDS = `${CHROMIUM} or ${FILE} is missing: apt-get install chromium, npm run build:playground`;
