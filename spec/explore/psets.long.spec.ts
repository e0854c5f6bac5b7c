import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { findChromium } from '../../bench/chromium.ts';
import { psets } from '../../psets/index.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';
import { SUBMISSIONS } from '../support/psetMistakes.ts';
import { ROOT } from '../support/runCommand.ts';
import { untyped } from '../support/untyped.ts';

/** Problem sets that are solved in the live page, in Chromium. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

const solutionOf = (name: string) => readFileSync(join(ROOT, 'psets', name, 'solution.ts'), 'utf8');

(because === '' ? describe : describe.skip)(`problem sets in the live page${because}`, () => {
  let site: ExploreSite;
  beforeAll(async () => {
    site = await openExplore();
  }, 120_000);
  afterAll(() => site.close());

  /** Types a solution into the editor, checks it, and returns the lines of the report. */
  async function graded(page: Page, source: string): Promise<string[]> {
    await page.fill('textarea', source);
    await page.click('.pset button.primary');
    await page.waitForSelector('.report .points');
    return page.$$eval('.report p', (lines) => lines.map((line) => line.textContent));
  }

  test.each(psets.map(({ name, tasks }) => ({ name, tasks })))(
    '$name: its statement, and full marks for its reference solution',
    async ({ name, tasks }) => {
      const page = await site.open(`#/psets?name=${name}`);
      await page.waitForSelector('.statement math');
      expect(await page.textContent('.pset article')).not.toMatch(/\$|\\[a-z]+\b/);
      expect(await page.isVisible('.pset details .statement')).toBe(false);
      await page.click('.pset summary');
      expect(await page.isVisible('.pset details .statement')).toBe(true);
      const most = tasks.reduce((sum, { points }) => sum + points, 0);
      const empty = await graded(page, await page.inputValue('textarea'));
      expect(empty.at(-1)).toBe(`${name}: 0 of ${most} points`);
      const lines = await graded(page, untyped(solutionOf(name)));
      expect(lines.at(-1)).toBe(`${name}: ${most} of ${most} points`);
      await page.close();
    },
    60_000,
  );

  const planted = (name: keyof typeof SUBMISSIONS, words: string) => {
    const found = SUBMISSIONS[name].find((one) => one.planted === words);
    if (found === undefined) throw new Error(`${name}: no submission with ${words}`);
    return { name, ...found };
  };

  test.each([
    planted('convolution', 'flipped kernel'),
    planted('convolution', 'shifted by one for even kernels'),
    planted('convolution', 'overwritten instead of summed'),
    planted('convolution', 'mutates its input'),
    planted('convolution', 'returns NaN'),
    planted('convolution', 'throws RangeError: out of luck'),
    planted('convolution', 'does not return'),
    planted('convolution', 'wrong shape'),
  ])(
    '$name, $task: $planted',
    async ({ name, edits, task, planted: words }) => {
      const source = edits.reduce((text, [from, to]) => {
        expect(text).toContain(from);
        return text.replace(from, () => to);
      }, solutionOf(name));
      const page = await site.open(`#/psets?name=${name}`);
      const lines = await graded(page, untyped(source));
      const at = lines.findIndex((line) => line.startsWith(`FAIL  ${task} `));
      expect(lines[at]).toContain(words);
      await page.close();
    },
    60_000,
  );

  test('what the grader says of unusual functions', async () => {
    const page = await site.open('#/psets?name=linear');
    const lines = await graded(
      page,
      `let calls = 0;
       export const forward = async () => [];
       export const backpropToInput = () => [calls++];`,
    );
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual(
      [
        expect.stringContaining('returns a promise: the function must not be async'),
        expect.stringContaining('keeps state between calls'),
        expect.stringContaining('missing: the file does not export it'),
        expect.stringContaining('missing: the file does not export it'),
      ].slice(0, psets.find(({ name }) => name === 'linear')?.tasks.length),
    );
    const [first] = await graded(page, 'export function forward( {');
    expect(first).toContain('the file cannot be loaded: SyntaxError');
    await page.close();
  });

  test('the code is still there after a reload', async () => {
    const page = await site.open('#/psets?name=linear');
    await page.fill('textarea', '// mine');
    await page.reload();
    expect(await page.inputValue('textarea')).toBe('// mine');
    await page.click('.pset button:text("Start again")');
    expect(await page.inputValue('textarea')).toContain('export function forward(');
    await page.close();
  });

  test('Tab indents while the reader types, and leaves the editor otherwise', async () => {
    const page = await site.open('#/psets?name=linear');
    const focused = () => page.evaluate<string>('document.activeElement.tagName');
    await page.fill('textarea', '');
    await page.focus('textarea');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('BUTTON');
    await page.focus('textarea');
    await page.keyboard.type('if (a) {\nb');
    await page.keyboard.press('Tab');
    await page.keyboard.type('c');
    expect(await page.inputValue('textarea')).toBe('if (a) {\n  b  c');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('!');
    expect(await page.inputValue('textarea')).toBe('if (a) {\nb  c!');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('BUTTON');
    await page.close();
  });

  test('nothing was written to the console, and no other host was asked', () => {
    expect(site.complaints).toEqual([]);
  });
});
