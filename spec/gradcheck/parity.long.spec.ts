import type { GradcheckReport } from '../../gradcheck/index.ts';
import { findChromium, runInChromium, type Page } from '../../bench/chromium.ts';
import { swiftshader } from '../support/swiftshader.ts';
import { HOSTS } from '../support/hosts.ts';
import type { LenetStep } from '../support/proof.ts';

/**
 * Compares every box, and a training step of LeNet, with the double-precision reference: on webgl
 * and webgpu in a real browser, and on webgpu in Node. The GPU is SwiftShader, which is software.
 * `npm run parity` makes a table of more cases.
 */

/** The number of cases per box. Each host then takes at most half a minute on one core. */
const CASES = { 'webgl in Chromium': 2, 'webgpu in Chromium': 3, 'webgpu in Node': 3 } as const;

const isThere = findChromium() !== undefined && swiftshader() !== undefined;
const because = isThere
  ? ''
  : " (skipped: Debian's chromium, which brings SwiftShader, is not installed)";

/**
 * The expected step in double precision, computed once in Node. It is the same in Chromium, which
 * takes three times as long.
 */
let expected: LenetStep | undefined;
const inDoublePrecision = async () =>
  (await HOSTS.cpu.open()).call<LenetStep>('lenetStep', 'float64', 3);

const hosts = Object.keys(CASES) as (keyof typeof CASES)[];

(isThere ? describe : describe.skip).each(hosts)(`%s${because}`, (host) => {
  const { backend, open } = HOSTS[host];
  let page: Pick<Page, 'call' | 'close'>;
  beforeAll(async () => {
    page = await open();
  }, 60_000);
  afterAll(() => page.close());

  test('every box computes the same as float64', async () => {
    const { results } = await page.call<GradcheckReport>('parity', backend, { cases: CASES[host] });
    expect(results.filter(({ pass }) => !pass)).toEqual([]);
    // The errors are as large as those of single precision, so the backend itself has computed.
    expect(Math.max(...results.map(({ maxError }) => maxError))).toBeGreaterThan(1e-8);
    expect(new Set(results.map(({ name }) => name)).size).toBeGreaterThan(60);
  }, 300_000);

  test("a step of LeNet's has the loss and gradients of float64, and leaves no tensor", async () => {
    const step = await page.call<LenetStep>('lenetStep', backend, 3);
    expected ??= await inDoublePrecision();
    expect(step.left).toBe(0);
    expect(Math.abs(step.loss - expected.loss)).toBeLessThan(1e-5 * expected.loss);
    expect(Object.keys(step.grads)).toEqual(Object.keys(expected.grads));
    for (const [name, grad] of Object.entries(expected.grads)) {
      const scale = grad.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = grad.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - step.grads[name][i])),
        0,
      );
      expect({ name, isClose: worst <= 1e-5 * scale }).toEqual({ name, isClose: true });
    }
  }, 120_000);
});

(isThere ? test : test.skip)(
  `a convolution on webgl takes a large batch in parts, and comes to the same${because}`,
  async () => {
    const differences = await runInChromium<number[]>(
      'spec/support/proof.ts',
      'convolutionInParts',
    );
    expect(differences.map((difference) => difference < 1e-5)).toEqual([true, true, true]);
  },
  60_000,
);
