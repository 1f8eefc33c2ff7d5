// Debian's Chromium, with a home and a profile that are empty and go afterwards.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const hasChromium = existsSync(CHROMIUM);

/** Says it aloud: tests that are skipped without a word look like tests that pass. */
export function warnWithout(file: string): void {
  if (!hasChromium) console.warn(`${file}: ${CHROMIUM} is missing: no page is tested. apt-get install chromium`);
}

export class Chromium {
  readonly browser: Browser;
  private readonly home: string;

  private constructor(browser: Browser, home: string) {
    this.browser = browser;
    this.home = home;
  }

  static async start(): Promise<Chromium> {
    const home = mkdtempSync(join(tmpdir(), 'orlop-chromium-'));
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      // As root there is no sandbox to be had; the pages are our own.
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-crash-reporter'],
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, TMPDIR: home },
    });
    return new Chromium(browser, home);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    rmSync(this.home, { recursive: true, maxRetries: 5 });
  }
}
