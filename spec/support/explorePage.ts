import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../bench/chromium.ts';
import { buildPage } from '../../cli/pageFolder.ts';
import { serveFolder } from './serveFolder.ts';

/** The settings of a page of the live page's site. */
export interface PageSettings {
  /** The width of the window in CSS pixels; 1280 by default. */
  readonly width?: number;
  readonly colours?: 'light' | 'dark';
}

/** The built live page in a Chromium. */
export interface ExploreSite {
  /** The folder of the built page. */
  readonly folder: string;
  /** Opens the page at a route, such as `#/example`, and waits until it has loaded. */
  open(route: string, settings?: PageSettings): Promise<Page>;
  /**
   * Lines that pages wrote to the console, errors that nobody caught, and requests to other hosts.
   */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Builds the live page with Vite, serves it, and starts Chromium. */
export async function openExplore(): Promise<ExploreSite> {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-explore-'));
  buildPage(folder);
  const server = await serveFolder(folder);
  const { context, close: closeChromium } = await launchChromium();
  const complaints: string[] = [];
  return {
    folder,
    complaints,
    async open(route, { width = 1280, colours = 'light' } = {}) {
      const page = await context.newPage();
      await page.setViewportSize({ width, height: width < 500 ? 844 : 800 });
      await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' });
      page.on('console', (message) => complaints.push(`${route}: ${message.text()}`));
      page.on('pageerror', (error) => complaints.push(`${route}: ${String(error)}`));
      page.on('request', (request) => {
        const url = request.url();
        if (!/^(data|blob):/.test(url) && !url.startsWith(server.url)) complaints.push(url);
      });
      await page.goto(`${server.url}${route}`);
      await page.waitForSelector('main h1');
      await page.waitForLoadState('networkidle');
      return page;
    },
    async close() {
      await closeChromium();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
