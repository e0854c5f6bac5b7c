import type { Page } from 'playwright-core';
import { findChromium } from '../../bench/chromium.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';

/** Each view of the live page, used from the keyboard alone, in Chromium. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`the keyboard in the live page${because}`, () => {
  let site: ExploreSite;
  let page: Page;
  beforeAll(async () => {
    site = await openExplore();
  }, 120_000);
  afterAll(() => site.close());
  afterEach(() => page.close());

  /** Presses Tab until an element has the focus. */
  async function tabTo(selector: string): Promise<void> {
    const seen: string[] = [];
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const found = await page.evaluate(
        `document.activeElement?.matches(${JSON.stringify(selector)})`,
      );
      if (found === true) return;
      seen.push(
        await page.evaluate<string>('(document.activeElement?.textContent ?? "").slice(0, 30)'),
      );
    }
    throw new Error(`expected Tab to reach ${selector}, got ${seen.join(', ')}`);
  }

  const press = (key: string) => page.keyboard.press(key);

  test('the worked example: a derivative with its proof, another weight, and a step', async () => {
    page = await site.open('#/example');
    await tabTo('[data-ref="gradParam 0 weight 0"]');
    await press('ArrowDown');
    await press('Enter');
    await page.waitForSelector('.inspector .proof.right');
    expect(await page.textContent('.inspector h2')).toBe('∂C/∂w14');
    await press('Escape');
    await page.waitForSelector('.inspector.empty');
    await page.reload();
    await page.waitForSelector('[data-ref="loss"]');
    await tabTo('[data-ref="param 0 weight 0"]');
    await page.keyboard.type('2');
    await press('Enter');
    await page.waitForSelector('[data-ref="param 0 weight 0"] .number:text-is("2.0000")');
    await page.reload();
    await page.waitForSelector('[data-ref="loss"]');
    await tabTo('button.primary');
    await press('Enter');
    await page.waitForSelector('.updates');
  });

  test('any box: another box, and a mistake in it', async () => {
    page = await site.open('#/box?name=Linear');
    await tabTo('h1 select');
    await page.keyboard.type('Tanh');
    await page.waitForSelector('.body h2:text-is("Tanh")');
    await tabTo('label:nth-of-type(2) select');
    await press('ArrowDown');
    await page.waitForSelector('.checker.wrong');
  });

  test('the borders: along the outputs', async () => {
    page = await site.open('#/borders');
    await tabTo('.signal.forward .moves [data-ref^="activation 1"]');
    await press('ArrowRight');
    await page.waitForSelector('.signal.forward .sum-line:has-text("[1] =")');
    await press('Enter');
    await page.waitForSelector('.inspector .proof');
  });

  test('the tour: an answer, and the next stop', async () => {
    page = await site.open('#/tour?stop=3');
    await tabTo('.question button');
    await press('Enter');
    await page.waitForSelector('.answer');
    await tabTo('.stops a:last-of-type');
    await press('Enter');
    await page.waitForURL(/stop=4/);
  });

  test('the live network: a step, another digit, and a box inside', async () => {
    page = await site.open('#/live');
    await page.waitForSelector('button.start:not(:disabled)', { timeout: 60_000 });
    await tabTo('.start + button');
    await press('Enter');
    await page.waitForSelector('[data-fact="steps"]:text-is("1")');
    await tabTo('.parts a:nth-of-type(2)');
    await press('Enter');
    await page.waitForSelector('.scores');
    await tabTo('.draw input[type=number]');
    await press('ArrowUp');
    await press('Enter');
    await page.waitForURL(/digit=1/);
    await page.evaluate('document.getElementById("main").focus()');
    await tabTo('.parts a:nth-of-type(3)');
    await press('Enter');
    await page.waitForSelector('.inside .map', { timeout: 60_000 });
    await tabTo('.inside .pictures');
    await press('ArrowRight');
    await press('Enter');
    await page.waitForSelector('.inspector .proof', { timeout: 60_000 });
  }, 180_000);

  test('the architectures: another box, and another unit', async () => {
    page = await site.open('#/architectures');
    await page.waitForSelector('.field svg');
    await tabTo('tr:nth-of-type(3) button.plain');
    await press('Enter');
    await page.waitForURL(/box=pool1/);
    const text = () => page.textContent('.field');
    const before = await text();
    await tabTo('.field [tabindex="0"]');
    await press('ArrowRight');
    await page.waitForURL(/unit=/);
    expect(await text()).not.toBe(before);
  });

  test('a problem set: an answer is graded', async () => {
    page = await site.open('#/psets');
    await tabTo('textarea');
    await press('Control+Enter');
    await page.waitForSelector('.report .fail', { timeout: 60_000 });
  });
});
