import { LeakyReLU, type LeakyReLUOptions } from '../../modules/leakyRelu.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('multiplies negative inputs by the slope, which is also the derivative at 0', () => {
    const at = atEach(new LeakyReLU({ negativeSlope: 0.25 }), [-1e4, -100, -2, 0, 3, 100, 1e4]);
    expect(at.outputs).toEqual([-2500, -25, -0.5, 0, 3, 100, 1e4]);
    expect(at.slopes).toEqual([0.25, 0.25, 0.25, 0.25, 1, 1, 1]);
  });

  test('a negative slope and a slope above 1', () => {
    expect(atEach(new LeakyReLU({ negativeSlope: -0.5 }), [-2, 2])).toEqual({
      outputs: [1, 2],
      slopes: [-0.5, 1],
    });
    expect(atEach(new LeakyReLU({ negativeSlope: 2 }), [-2, 2])).toEqual({
      outputs: [-4, 2],
      slopes: [2, 1],
    });
  });
});

describeFixture('leakyRelu', (options?: LeakyReLUOptions) => new LeakyReLU(options));

describeElementwise(() => new LeakyReLU());

describeRefusals([
  [
    'LeakyReLU: unknown option slope; expected one of negativeSlope',
    () => new LeakyReLU({ slope: 0.1 } as never),
  ],
  [
    'LeakyReLU: expected negativeSlope to be a finite number, got Infinity',
    () => new LeakyReLU({ negativeSlope: Infinity }),
  ],
]);
