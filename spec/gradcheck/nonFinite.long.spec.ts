import { findChromium, type Page } from '../../bench/chromium.ts';
import { HOSTS } from '../support/hosts.ts';
import { swiftshader } from '../support/swiftshader.ts';

/**
 * On graphics cards, NaN and ∞ of an input reach the outputs of the boxes with kernels of our own.
 * The languages of shaders, GLSL ES and WGSL, let an implementation assume that there is no NaN, so
 * for tfjs's own kernels nothing is promised; a training step checks the input and the parameters
 * in any case.
 */
const BOXES = [
  'MaxPool1D',
  'MaxPool2D',
  'Maxout',
  'AvgPool1D',
  'AvgPool2D',
  'SumPool2D',
  'GlobalAvgPool2D',
  'AdaptiveAvgPool2D',
  'Upsample2D',
  'Pad2D',
  'HardTanh',
  'Abs',
  'Max',
];

const isThere = findChromium() !== undefined && swiftshader() !== undefined;
const because = isThere
  ? ''
  : " (skipped: Debian's chromium, which brings SwiftShader, is not installed)";
const hosts = ['webgl in Chromium', 'webgpu in Chromium', 'webgpu in Node'] as const;

(isThere ? describe : describe.skip).each(hosts)(`%s${because}`, (host) => {
  const { backend, open } = HOSTS[host];
  let page: Pick<Page, 'call' | 'close'>;
  beforeAll(async () => {
    page = await open();
  }, 60_000);
  afterAll(() => page.close());

  test('values that are not finite reach the outputs', async () => {
    const report = await page.call<Record<string, string[]>>('nonFinite', backend, {
      cases: 2,
      names: BOXES,
    });
    const lines = Object.values(report).flat();
    expect(lines.filter((line) => line.includes(', output'))).toEqual([]);
  }, 300_000);
});
