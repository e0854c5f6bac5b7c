import { HardSigmoid } from '../../modules/hardSigmoid.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('0, a line of slope 1/6, and 1; at −3 and at 3 the derivative is 0', () => {
    const at = atEach(new HardSigmoid(), [-Infinity, -3e38, -3, -1.5, 0, 1.5, 3, 3e38, Infinity]);
    expect(at.outputs).toEqual([0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]);
    const sixth = Math.fround(1 / 6);
    expect(at.slopes).toEqual([0, 0, 0, sixth, sixth, sixth, 0, 0, 0]);
  });

  test('NaN stays NaN', () => {
    const at = atEach(new HardSigmoid(), [0, NaN, 7]);
    expect(at).toEqual({ outputs: [0.5, NaN, 1], slopes: [Math.fround(1 / 6), NaN, 0] });
  });
});

describeFixture('hardSigmoid', () => new HardSigmoid());

describeElementwise(() => new HardSigmoid(), { range: [0, 1] });
