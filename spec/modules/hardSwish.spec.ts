import { HardSwish } from '../../modules/hardSwish.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('0, a parabola, and the identity; at −3 the derivative is 0, at 3 it is 1', () => {
    const large = Math.fround(3e38);
    const at = atEach(new HardSwish(), [-large, -3, -1.5, 0, 1.5, 3, 4, large, Infinity]);
    expect(at.outputs).toEqual([0, 0, -3 / 8, 0, 9 / 8, 3, 4, large, Infinity]);
    expect(at.slopes).toEqual([0, 0, 0, 0.5, 1, 1, 1, 1, 1]);
  });

  test('NaN stays NaN, and −∞ · 0 is NaN', () => {
    const at = atEach(new HardSwish(), [0, NaN, -Infinity]);
    expect(at).toEqual({ outputs: [0, NaN, NaN], slopes: [0.5, NaN, 0] });
  });
});

describeFixture('hardSwish', () => new HardSwish());

describeElementwise(() => new HardSwish(), { range: [-3 / 8, Infinity] });
