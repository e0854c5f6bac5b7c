import type { Page } from 'playwright-core';
import { findChromium } from '../../bench/chromium.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';

/** The numbers that a reader types into the live page, in Chromium. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`typing into the live page${because}`, () => {
  let site: ExploreSite;
  let page: Page;
  beforeAll(async () => {
    site = await openExplore();
  }, 120_000);
  afterAll(() => site.close());
  afterEach(() => page.close());

  /** The first number of the input of the worked example. */
  const X = '[data-ref="activation 0 0 0"]';
  const textOf = (selector: string) => page.textContent(`${selector} .number`);
  const type = async (selector: string, text: string) => {
    await page.dblclick(selector);
    await page.fill('input.cell', text);
  };

  test('Escape leaves a number as it is, and Enter changes it once', async () => {
    page = await site.open('#/example');
    await type(X, '7');
    await page.keyboard.press('Escape');
    await page.waitForSelector(X);
    expect(await textOf(X)).toBe('1.0000');
    await type(X, '7');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${X} .number:text-is("7.0000")`);
    await page.waitForURL(/edits=/);
  });

  test('an argument that the box requires and that was emptied is told', async () => {
    page = await site.open('#/box');
    await page.fill('label:has-text("inChannels") input', '');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    expect(await page.textContent('.problem')).toBe(
      'inChannels: expected a value, got nothing; 2 is used',
    );
    await page.fill('label:has-text("inChannels") input', '2');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem', { state: 'detached' });
    await page.fill('label:has-text("shape of") input', '');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    expect(await page.textContent('.problem')).toBe(
      'shape of x_in: expected a value, got nothing; 1, 4, 3, 2 is used',
    );
  });

  test('a box with the name of a method of every object is refused in words', async () => {
    page = await site.open('#/box?name=constructor');
    await page.waitForSelector('[role=alert]');
    expect(await page.textContent('[role=alert]')).toBe(
      'expected the name of a box, got constructor; choose one from the list',
    );
  });

  test('a text that is no number is refused in words', async () => {
    page = await site.open('#/example');
    await type(X, '1/3');
    await page.keyboard.press('Enter');
    expect(await page.textContent('[role=alert]')).toBe(
      'x_in [0, 0]: expected a number, got 1/3; it is still 1',
    );
    expect(await textOf(X)).toBe('1.0000');
  });

  test('a number that was looked at keeps its digits', async () => {
    page = await site.open('#/example?edits=activation+0+0+0+0.12345678');
    await page.waitForSelector(`${X}[title*="0.12345678"]`);
    await page.dblclick(X);
    await page.click('h1');
    await page.waitForSelector(X);
    expect(await page.getAttribute(X, 'title')).toContain('0.12345678');
  });

  test('after an error, the borders keep the numbers and the reads of the last signal', async () => {
    page = await site.open('#/borders');
    const line = '.signal.forward .sum-line';
    await page.waitForSelector(line);
    const before = await page.textContent(line);
    await page.fill('label:has-text("kernel w") input', '1,2,3,4,5,6,7,8,9');
    await page.keyboard.press('Enter');
    await page.selectOption('label:has-text("border") select', 'reflect');
    await page.waitForSelector('p[role=alert]');
    const shown = (await page.textContent(line)) ?? '';
    const [, terms, sum] = /= (.*) = ([\d.−]+)/.exec(shown) ?? [];
    const total = terms
      .split(' + ')
      .map((term) => term.split('·').map(Number))
      .reduce((all, [a, b]) => all + a * b, 0);
    expect([shown === before, total]).toEqual([false, Number(sum)]);
    expect(await page.getAttribute('.stage > :first-child', 'class')).toBe('figure stale');
  });

  test.each([
    ['#/borders?x=abc', 'x_in: expected numbers, got abc; 1, 2, 3, 4 is used'],
    [
      '#/borders?box=pooling&stride=0',
      'stride: expected a whole number from 1 to 12, got 0; 1 is used',
    ],
    [
      `#/borders?x=${'1+'.repeat(13)}`,
      'x_in: expected at most 12 numbers, got 13; 1, 2, 3, 4 is used',
    ],
  ])('%s says which part of the address is not used', async (route, message) => {
    page = await site.open(route);
    expect(await page.textContent('.problem')).toBe(message);
  });

  test.each([
    ['learning rate', '-0.1', 'expected a number above 0, got -0.1; 0.1 is used'],
    ['batch', '1.5', 'expected a whole number from 1 to 512, got 1.5; 32 is used'],
    [
      'seed',
      '99999999999',
      'expected a whole number from 0 to 2147483648, got 99999999999; 0 is used',
    ],
  ])('the %s %s is refused in words', async (label, text, message) => {
    page = await site.open('#/live');
    await page.fill(`label:has-text("${label}") input`, text);
    await page.keyboard.press('Enter');
    expect(await page.textContent('.problem')).toBe(`${label}: ${message}`);
  });

  test('η above 0 is refused with the reason', async () => {
    page = await site.open('#/example');
    await page.fill('label:has-text("η") input', '0.2');
    await page.click('text=Next');
    expect(await page.textContent('.problem')).toBe(
      'η: expected a number of at most 0, got 0.2; −0.2 is used. The lecture writes w ← w + η ∂C/∂w, so a step down has η below 0',
    );
  });

  test('the address of the example makes all its numbers again', async () => {
    page = await site.open('#/example');
    await page.click('text=Next');
    await type('[data-ref="param 0 weight 0"]', '2');
    await page.keyboard.press('Enter');
    await page.waitForFunction('location.hash.includes("edits")');
    await page.waitForFunction('!location.hash.includes("step")');
    for (let step = 3; step <= 7; step++) {
      await page.click('button.primary');
      await page.waitForFunction(`location.hash.includes("step=${step}")`);
    }
    // The table has the first update, from the changed weight, which is not that of the slide.
    expect(await page.$$eval('.updates th[scope=col]', (all) => all.length)).toBe(4);
    expect(await page.textContent('.updates tbody td')).toBe('2.0000000');
    await page.click('button:text-is("Back")');
    await page.waitForFunction('location.hash.includes("step=6")');
    const numbers = () => page.$$eval('.number', (all) => all.map((one) => one.textContent));
    const shown = await numbers();
    await page.reload();
    await page.waitForSelector('.updates');
    expect(await numbers()).toEqual(shown);
    await page.fill('label:has-text("η") input', '-8');
    await page.click('button:text-is("forward again")');
    await page.waitForSelector('text=the cost is larger');
  });

  test('a long number stays in its cell', async () => {
    page = await site.open(
      '#/box?name=Linear&edits=param+0+weight+0+-1e308,param+0+weight+1+-859.39334',
    );
    await page.waitForSelector('.cell');
    const spilt = await page.$$eval('.cell', (cells) =>
      cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
    );
    expect(spilt).toEqual([]);
  });

  test('the training goes on while another view is open', async () => {
    page = await site.open('#/live?rate=0.05');
    await page.waitForSelector('button.start:not(:disabled)', { timeout: 60_000 });
    await page.click('text=One step');
    await page.waitForSelector('[data-fact="steps"]:text-is("1")');
    await page.click('nav >> text=Tour');
    await page.waitForSelector('h1:text-is("A chain of boxes")');
    await page.click('nav >> text=Live network');
    await page.waitForSelector('[data-fact="steps"]:text-is("1")');
    await page.waitForURL(/rate=0\.05/);
    await page.click('text=One step');
    await page.waitForSelector('[data-fact="steps"]:text-is("2")');
  }, 90_000);

  test('a file that is no image is refused in words', async () => {
    page = await site.open('#/live?part=digit');
    await page.waitForSelector('.scores', { timeout: 60_000 });
    await page.setInputFiles('input[accept="image/*"]', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('no image'),
    });
    await page.waitForSelector('[role=alert]');
    expect(await page.textContent('[role=alert]')).toBe(
      'notes.txt: expected an image, such as a PNG or a JPEG, got another file',
    );
  }, 90_000);

  test('a weight that is dragged changes, and the gradient follows', async () => {
    page = await site.open('#/example');
    const weight = '[data-ref="param 0 weight 0"]';
    const gradient = await textOf('[data-ref="gradient 1 0 0"]');
    const box = await (await page.waitForSelector(weight)).boundingBox();
    if (box === null) throw new Error('expected a weight in sight');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 40, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForSelector(`${weight} .number:text-is("2.0000")`);
    expect(await textOf('[data-ref="gradient 1 0 0"]')).not.toBe(gradient);
    // A drag selects nothing.
    expect(await page.$('.cell.selected')).toBeNull();
  });

  test('a new shape keeps the numbers that have a place in it', async () => {
    page = await site.open('#/box?name=Tanh&edits=activation+0+0+4+0.7,gradient+1+0+0+5');
    await page.waitForSelector('[data-ref="activation 0 0 4"] .number:text-is("0.7000")');
    await page.fill('label:has-text("shape of") input', '3, 4');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-ref="activation 0 0 5"] .number:text-is("0.7000")');
    expect(await page.textContent('[role=status]')).toContain('1 of your numbers');
  });

  test('the browser goes back to the box before', async () => {
    page = await site.open('#/box');
    await page.selectOption('h1 select', 'Tanh');
    await page.waitForSelector('.body h2:text-is("Tanh")');
    await page.goBack();
    await page.waitForSelector('.body h2:text-is("Conv2D")');
  });
});
