import { SiLU } from '../../modules/silu.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('σ(ln 3) = 3/4, so the output is ¾ x; the slope there is ¾ (1 + ¼ ln 3)', () => {
    const x = Math.log(3);
    const at = atEach(new SiLU(), [0, x, -x]);
    [0, 0.75 * x, -0.25 * x].forEach((y, i) => expect(at.outputs[i]).toBeCloseTo(y, 6));
    [0.5, 0.75 * (1 + x / 4), 0.25 * (1 - 0.75 * x)].forEach((slope, i) => {
      expect(at.slopes[i]).toBeCloseTo(slope, 6);
    });
  });

  test('large inputs: 0 or x, and a slope of 0 or 1', () => {
    const xs = [-3e38, -1e4, -100, 100, 1e4, 3e38].map(Math.fround);
    const at = atEach(new SiLU(), xs);
    xs.forEach((x, i) => {
      expect(at.outputs[i]).toBeCloseTo(Math.max(0, x), 30);
      expect(at.slopes[i]).toBeCloseTo(x > 0 ? 1 : 0, 30);
    });
  });
});

describeFixture('silu', () => new SiLU());

describeElementwise(() => new SiLU());
