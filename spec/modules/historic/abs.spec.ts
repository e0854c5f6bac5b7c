import { Abs } from '../../../modules/historic/abs.ts';
import { atEach, describeElementwise } from '../../support/elementwise.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';

eachBackend('by hand', () => {
  test('|x| with slope sign(x), which is 0 at 0', () => {
    const { outputs, slopes } = atEach(new Abs(), [-2.5, -1, 0, 0.5, 3]);
    expect(outputs).toEqual([2.5, 1, 0, 0.5, 3]);
    expect(slopes).toEqual([-1, -1, 0, 1, 1]);
  });
});

describeFixture('abs', () => new Abs());

describeElementwise(() => new Abs(), { range: [0, Infinity] });
