import { GELU, type GELUOptions } from '../../modules/gelu.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { describeRefusals } from '../support/refusals.ts';

describe.each(['none', 'tanh'] as const)('approximate: %s', (approximate) => {
  const box = () => new GELU({ approximate });

  eachBackend('by hand', () => {
    test('0 at 0 with slope ½', () => {
      expect(atEach(box(), [0])).toEqual({ outputs: [0], slopes: [0.5] });
    });

    test('P(x) + P(−x) = 1: the outputs at x and −x differ by x, and the slopes add up to 1', () => {
      const { outputs, slopes } = atEach(box(), [-1.5, 1.5]);
      expect(outputs[1] - outputs[0]).toBeCloseTo(1.5, 6);
      expect(slopes[0] + slopes[1]).toBeCloseTo(1, 6);
    });

    test('large inputs, the largest included: 0 or x, and a slope of 0 or 1', () => {
      const xs = [-3e38, -1e20, -1e4, -100, 100, 1e4, 1e20, 3e38].map(Math.fround);
      const at = atEach(box(), xs);
      expect(at.outputs).toEqual(xs.map((x) => Math.max(0, x)));
      expect(at.slopes).toEqual(xs.map((x) => (x > 0 ? 1 : 0)));
    });
  });
});

eachBackend('values from tables', () => {
  test('Φ(1) = 0.8413447461, Φ(−2) = 0.0227501319, φ(1) = 0.2419707245', () => {
    const at = atEach(new GELU(), [1, -2]);
    expect(at.outputs[0]).toBeCloseTo(0.8413447461, 6);
    expect(at.outputs[1]).toBeCloseTo(-2 * 0.0227501319, 7);
    expect(at.slopes[0]).toBeCloseTo(0.8413447461 + 0.2419707245, 6);
  });

  test('the tail is precise: Φ(−5) = 2.866515719e-7, Φ(−8) = 6.220960574e-16', () => {
    const { outputs } = atEach(new GELU(), [-5, -8]);
    expect(outputs[0] / (-5 * 2.866515719e-7)).toBeCloseTo(1, 5);
    expect(outputs[1] / (-8 * 6.220960574e-16)).toBeCloseTo(1, 5);
  });
});

describeFixture('gelu', (options?: GELUOptions) => new GELU(options));

describeElementwise(() => new GELU());

describeRefusals([
  [
    'GELU: unknown option exact; expected one of approximate',
    () => new GELU({ exact: true } as never),
  ],
  [
    'GELU: expected approximate to be one of "none", "tanh", got "erf"',
    () => new GELU({ approximate: 'erf' as 'none' }),
  ],
]);
