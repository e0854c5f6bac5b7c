import { ELU, type ELUOptions } from '../../modules/elu.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('exp(−ln 2) − 1 = −1/2, times α; the derivative at 0 is α', () => {
    const at = atEach(new ELU({ alpha: 3 }), [-Math.LN2, 0, 2]);
    [-1.5, 0, 2].forEach((y, i) => expect(at.outputs[i]).toBeCloseTo(y, 6));
    [1.5, 3, 1].forEach((slope, i) => expect(at.slopes[i]).toBeCloseTo(slope, 6));
  });

  test('large inputs: −α and no slope far below 0', () => {
    const at = atEach(new ELU({ alpha: 2 }), [-1e4, -100, 100, 1e4]);
    expect(at.outputs).toEqual([-2, -2, 100, 1e4]);
    expect(at.slopes[1]).toBeLessThan(1e-42);
    expect([at.slopes[0], ...at.slopes.slice(2)]).toEqual([0, 1, 1]);
  });

  test('small inputs keep their digits', () => {
    const [output] = atEach(new ELU(), [-1e-6]).outputs;
    expect(output / -1e-6).toBeCloseTo(1, 5);
  });
});

describeFixture('elu', (options?: ELUOptions) => new ELU(options));

describeElementwise(() => new ELU(), { range: [-1, Infinity] });

test('with a negative α the output is never below 0', () => {
  expect(new ELU({ alpha: -2 }).facts([[4, 3]]).range).toEqual([0, Infinity]);
});

describeRefusals([
  ['ELU: unknown option alph; did you mean alpha?', () => new ELU({ alph: 1 } as never)],
  ['ELU: expected alpha to be a finite number, got NaN', () => new ELU({ alpha: NaN })],
]);
