import { ScaledTanh, type ScaledTanhOptions } from '../../../modules/historic/scaledTanh.ts';
import { atEach, describeElementwise } from '../../support/elementwise.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { describeRefusals } from '../../support/refusals.ts';

eachBackend('by hand', () => {
  test('the limit is A, and the slope at 0 is A S', () => {
    const { outputs, slopes } = atEach(
      new ScaledTanh({ amplitude: 2, slope: 0.5 }),
      [-100, 0, 100],
    );
    expect(outputs).toEqual([-2, 0, 2]);
    expect(slopes).toEqual([0, 1, 0]);
  });

  test('by default ±1 map to ±1, as in the paper', () => {
    const { outputs } = atEach(new ScaledTanh(), [1, -1]);
    expect(outputs[0]).toBeCloseTo(1, 4);
    expect(outputs[1]).toBeCloseTo(-1, 4);
  });
});

describeFixture('scaledTanh', (options: ScaledTanhOptions) => new ScaledTanh(options));

describeElementwise(() => new ScaledTanh(), { range: [-1.7159, 1.7159] });

describeRefusals([
  [
    'ScaledTanh: unknown option amplitud; did you mean amplitude?',
    () => new ScaledTanh({ amplitud: 1 } as never),
  ],
  [
    'ScaledTanh: expected amplitude to be a number above 0, got 0',
    () => new ScaledTanh({ amplitude: 0 }),
  ],
  [
    'ScaledTanh: expected slope to be a number above 0, got NaN',
    () => new ScaledTanh({ slope: NaN }),
  ],
]);
