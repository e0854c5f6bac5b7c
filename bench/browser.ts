import { fileURLToPath } from 'node:url';
import { openChromium } from './chromium.ts';
import type { Ready, Setup, Turn } from './system.ts';

/**
 * Runs a system in a page of a headless Chromium. The memory of the browser's processes is not
 * measured.
 */
export async function inBrowser(setup: Setup) {
  const page = await openChromium(fileURLToPath(new URL('page.ts', import.meta.url)));
  try {
    const ready = await page.call<Ready>('start', setup);
    return {
      ready,
      next: (count: number) => page.call<Turn>('next', count),
      close: () => page.close(),
    };
  } catch (error) {
    await page.close();
    throw error;
  }
}
