import { findChromium, type Page } from '../../bench/chromium.ts';
import { HOSTS } from '../support/hosts.ts';
import { swiftshader } from '../support/swiftshader.ts';

/**
 * On graphics cards, a NaN or ∞ in an input, parameter or gradient reaches the outputs and gradients
 * of every box and cost. The languages of shaders, GLSL ES and WGSL, let an implementation assume
 * that there is no NaN, so this holds for SwiftShader; other cards may differ.
 */

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

  test('no box hides a value that is not finite', async () => {
    const report = await page.call<Record<string, string[]>>('nonFinite', backend, { cases: 2 });
    expect(Object.keys(report).length).toBeGreaterThan(60);
    const lines = Object.values(report).flat();
    expect(lines.filter((line) => line.startsWith('hidden'))).toEqual([]);
  }, 600_000);
});
