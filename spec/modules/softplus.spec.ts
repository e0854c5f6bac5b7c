import { Softplus, type SoftplusOptions } from '../../modules/softplus.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('log(1 + exp(β x))/β with β = 2: ln 2/2 at 0, ln 4/2 at ln 3/2', () => {
    const at = atEach(new Softplus({ beta: 2 }), [0, Math.log(3) / 2]);
    [Math.LN2 / 2, Math.LN2].forEach((y, i) => expect(at.outputs[i]).toBeCloseTo(y, 6));
    [1 / 2, 3 / 4].forEach((slope, i) => expect(at.slopes[i]).toBeCloseTo(slope, 6));
  });

  test('is the identity above the threshold, but not at the threshold', () => {
    const at = atEach(new Softplus({ beta: 0.5, threshold: 1 }), [2, 2.25, -3]);
    [2 * Math.log(1 + Math.E), 2.25, 2 * Math.log(1 + Math.exp(-1.5))].forEach((y, i) => {
      expect(at.outputs[i]).toBeCloseTo(y, 6);
    });
    [1 / (1 + Math.exp(-1)), 1, 1 / (1 + Math.exp(1.5))].forEach((slope, i) => {
      expect(at.slopes[i]).toBeCloseTo(slope, 6);
    });
  });

  test('with a negative threshold some negative x are returned unchanged', () => {
    const at = atEach(new Softplus({ threshold: -1 }), [-0.5, -2]);
    expect(at.outputs[0]).toBe(-0.5);
    expect(at.outputs[1]).toBeCloseTo(Math.log(1 + Math.exp(-2)), 6);
    expect(at.slopes[0]).toBe(1);
  });

  test('large inputs: 0 or x, and a slope of 0 or 1', () => {
    // With PyTorch's threshold of 20, large x never reach the formula, so a high threshold is
    // tested too.
    for (const threshold of [20, 1e30]) {
      const xs = [-1e4, -100, 100, 1e4];
      const at = atEach(new Softplus({ threshold }), xs);
      xs.forEach((x, i) => {
        expect(at.outputs[i]).toBeCloseTo(Math.max(0, x), 30);
        expect(at.slopes[i]).toBeCloseTo(x > 0 ? 1 : 0, 30);
      });
    }
  });

  test('far below 0 it is as precise as the exponential', () => {
    const [output] = atEach(new Softplus(), [-15]).outputs;
    expect(output / Math.exp(-15)).toBeCloseTo(1, 5);
  });
});

describeFixture('softplus', (options?: SoftplusOptions) => new Softplus(options));

describeElementwise(() => new Softplus(), { range: [0, Infinity] });

test('a threshold below 0 allows values down to threshold/β', () => {
  const box = new Softplus({ beta: 2, threshold: -3 });
  expect(box.facts([[4, 3]]).range).toEqual([-1.5, Infinity]);
});

describeRefusals([
  [
    'Softplus: unknown option treshold; did you mean threshold?',
    () => new Softplus({ treshold: 1 } as never),
  ],
  ['Softplus: expected beta to be a number above 0, got 0', () => new Softplus({ beta: 0 })],
  [
    'Softplus: expected beta to be a number above 0, got Infinity',
    () => new Softplus({ beta: Infinity }),
  ],
  [
    'Softplus: expected threshold to be a finite number, got NaN',
    () => new Softplus({ threshold: NaN }),
  ],
]);
