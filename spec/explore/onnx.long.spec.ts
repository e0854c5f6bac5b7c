import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../../bench/chromium.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';
import { ROOT } from '../support/runCommand.ts';

/** The network of an ONNX file in the live page, as `boxprop explore FILE.onnx` opens it. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`an ONNX file in Chromium${because}`, () => {
  let site: ExploreSite;

  beforeAll(async () => {
    site = await openExplore();
    mkdirSync(join(site.folder, 'run'));
    for (const name of ['images.onnx', 'external.onnx'])
      copyFileSync(join(ROOT, 'spec/fixtures/onnx', name), join(site.folder, 'run', name));
  }, 120_000);
  afterAll(() => site?.close());

  const route = (name: string) => `#/architectures?name=${encodeURIComponent(`run/${name}`)}`;

  test('its boxes, their parameters, and what a unit sees', async () => {
    const page = await site.open(route('images.onnx'));
    await page.waitForSelector('.architecture table');
    const text = await page.innerText('main');
    for (const name of ['features_conv_Conv', 'features_pool_MaxPool', 'classifier_Gemm'])
      expect(text).toContain(name);
    expect(text).toMatch(/134 parameters/);
    expect(await page.getByLabel('network').inputValue()).toBe('run/images.onnx');
    await page.locator('tr', { hasText: 'features_conv_Conv' }).first().click();
    await page.waitForSelector('.architecture svg, .architecture canvas');
    await page.getByRole('button', { name: 'Check the gradients' }).click();
    const status = page.getByRole('status').filter({ hasText: 'agree' });
    expect(await status.innerText()).toMatch(
      /^[\d,]+ derivatives of 6 boxes and of the whole network agree\.$/,
    );
    expect(site.complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('weights in another file are refused in one line', async () => {
    const page = await site.open(route('external.onnx'));
    await page.waitForSelector('[role=alert]');
    expect(await page.innerText('[role=alert]')).toMatch(
      /expected all weights in the file, got external data in "external\.data"/,
    );
    await page.close();
  }, 60_000);
});
