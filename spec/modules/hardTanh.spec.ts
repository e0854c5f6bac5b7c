import { HardTanh, type HardTanhOptions } from '../../modules/hardTanh.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('clips at the bounds, where the derivative is 0', () => {
    const at = atEach(new HardTanh(), [-1e4, -100, -1, -0.75, 0, 0.75, 1, 100, 1e4]);
    expect(at.outputs).toEqual([-1, -1, -1, -0.75, 0, 0.75, 1, 1, 1]);
    expect(at.slopes).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0]);
  });

  test('other bounds', () => {
    const at = atEach(new HardTanh({ minValue: 0, maxValue: 6 }), [-1, 0, 3, 6, 7]);
    expect(at).toEqual({ outputs: [0, 0, 3, 6, 6], slopes: [0, 0, 1, 0, 0] });
  });
});

describeFixture('hardTanh', (options?: HardTanhOptions) => new HardTanh(options));

describeElementwise(() => new HardTanh());

describeRefusals([
  [
    'HardTanh: unknown option min; expected one of minValue, maxValue',
    () => new HardTanh({ min: 0 } as never),
  ],
  [
    'HardTanh: expected minValue below maxValue, got 1 and 1',
    () => new HardTanh({ minValue: 1, maxValue: 1 }),
  ],
  [
    'HardTanh: expected minValue to be a finite number, got -Infinity',
    () => new HardTanh({ minValue: -Infinity }),
  ],
  [
    'HardTanh: expected maxValue to be a finite number, got NaN',
    () => new HardTanh({ maxValue: NaN }),
  ],
]);
