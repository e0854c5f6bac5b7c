import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { findChromium } from '../../bench/chromium.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import type { Progress } from '../../explore/engine/live/progress.ts';
import { Training } from '../../explore/engine/live/training.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { Rng } from '../../lib/rng.ts';
import { lenet } from '../../models/lenet.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';

/** The live network in Chromium: its speed beside Node's, its memory, and each of its parts. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

/** The duration of a measurement, in milliseconds. */
const DURATION = 6000;

(because === '' ? describe : describe.skip)(`the live network${because}`, () => {
  let site: ExploreSite;
  beforeAll(async () => {
    site = await openExplore();
  }, 240_000);
  afterAll(() => site.close());

  async function open(route: string): Promise<Page> {
    const page = await site.open(route);
    await page.waitForSelector('button.start:not(:disabled)', { timeout: 60_000 });
    return page;
  }

  /** A number that the page shows about the training. */
  async function fact(page: Page, name: string): Promise<number> {
    const text = await page.textContent(`[data-fact="${name}"]`);
    return Number(text?.replace(/[^\d.]/g, ''));
  }

  const waitForStep = (page: Page, step: number) =>
    page.waitForFunction(
      `Number(document.querySelector('[data-fact="steps"]')?.textContent.replace(/\\D/g, '')) >= ${step}`,
      undefined,
      { timeout: 500_000 },
    );

  test('LeNet reaches 0.8 x the images per second of the same backend in Node', async () => {
    await useBackend('wasm');
    const page = await open('#/live');
    const ratios: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      await page.click('button.start');
      await page.waitForTimeout(DURATION);
      const here = await fact(page, 'images per second');
      await page.click('button.start');
      const inNode = await speedInNode();
      ratios.push(here / inNode);
      console.log(`page ${here}, Node ${inNode.toFixed(0)} images per second`);
    }
    await page.close();
    const [, lower, upper] = ratios.sort((a, b) => a - b);
    expect((lower + upper) / 2).toBeGreaterThan(0.8);
  }, 300_000);

  test('1,000 steps leave tensors and memory flat', async () => {
    const page = await open('#/live?batch=2&rate=0.01');
    await page.click('button.start');
    await waitForStep(page, 100);
    const [tensors, bytes] = [await fact(page, 'tensors'), await fact(page, 'memory')];
    await waitForStep(page, 1100);
    expect(await fact(page, 'tensors')).toBeLessThanOrEqual(tensors + 2);
    expect(await fact(page, 'memory')).toBeLessThan(bytes + 0.2);
    await page.close();
  }, 600_000);

  test('a digit has scores, maps, and an image that fools the network', async () => {
    const page = await open('#/live?part=digit&digit=7');
    await page.waitForSelector('.scores');
    expect(await page.$$eval('.scores tbody tr', (rows) => rows.length)).toBe(10);
    const answer = (await page.textContent('.scores caption'))?.match(/It says (\d)/)?.[1];
    const target = String((Number(answer) + 1) % 10);
    await page.selectOption('.adversary select', target);
    await page.click('text=Change as little as possible');
    await page.waitForSelector('.adversary .scores', { timeout: 120_000 });
    expect(await page.textContent('.adversary .scores caption')).toBe(`It says ${target}.`);
    await page.close();
  }, 200_000);

  test('the search for an image tells its tries, holds up nothing, and can be stopped', async () => {
    const page = await open('#/live?part=digit&digit=7');
    await page.waitForSelector('.scores');
    const answer = (await page.textContent('.scores caption'))?.match(/It says (\d)/)?.[1];
    await page.selectOption('.adversary select', String((Number(answer) + 1) % 10));
    await page.click('text=Change as little as possible');
    await page.waitForSelector('.searching:has-text("of at most 19")');
    await page.click('.parts >> text=Inside');
    await page.waitForSelector('.inside .chain');
    await page.click('.parts >> text=A digit');
    // The search is still under way.
    await page.click('text=Stop');
    await page.waitForSelector('.searching', { state: 'detached' });
    expect(await page.$('.adversary .scores')).toBeNull();
    await page.close();
  }, 120_000);

  test('a number inside has its products and its proof', async () => {
    const page = await open('#/live?part=inside&box=2');
    await page.waitForSelector('.inside .map', { timeout: 60_000 });
    await page.locator('.inside .param .map').first().click();
    await page.waitForSelector('.proof.right', { timeout: 60_000 });
    await page.close();
  }, 120_000);

  test.each(['training', 'digit', 'inside', 'verdict'])(
    'axe finds nothing in %s',
    async (part) => {
      const page = await open(`#/live?part=${part}`);
      await page.click('text=One step');
      const ready: Record<string, string> = {
        training: '.layers table',
        digit: '.scores',
        inside: '.inside .map',
        verdict: '.verdicts button:not(:disabled)',
      };
      await page.waitForSelector(ready[part], { timeout: 60_000 });
      if (part === 'verdict') {
        await page.click('text=Judge it');
        await page.waitForSelector('.filters', { timeout: 120_000 });
      }
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      await page.close();
    },
    200_000,
  );

  test('nothing was written to the console', () => {
    expect(site.complaints).toEqual([]);
  });
});

/** Trains in Node as the page does, on data of the same sizes. */
async function speedInNode(): Promise<number> {
  const rng = new Rng(0);
  const data = (examples: number) =>
    new ArrayDataset({
      name: 'noise',
      inputs: Uint8Array.from(rng.uniforms(examples * 784, 0, 255)),
      inputShape: [28, 28, 1],
      labels: Array.from({ length: examples }, () => rng.integer(10)),
      classes: 10,
    });
  let speed = NaN;
  const training = new Training({
    network: lenet({ rng }),
    train: data(1400),
    test: data(300),
    seed: 0,
    learningRate: 0.1,
    batchSize: 32,
    onProgress: ({ imagesPerSecond }: Progress) => (speed = imagesPerSecond ?? speed),
  });
  training.start();
  await new Promise((resolve) => setTimeout(resolve, DURATION));
  await training.dispose();
  return speed;
}
