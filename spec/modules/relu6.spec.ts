import { ReLU6 } from '../../modules/relu6.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('clips to 0 ... 6; at 0 and at 6 the derivative is 0', () => {
    const at = atEach(new ReLU6(), [-Infinity, -1e4, -1, 0, 0.5, 5.9375, 6, 7, 3e38, Infinity]);
    expect(at.outputs).toEqual([0, 0, 0, 0, 0.5, 5.9375, 6, 6, 6, 6]);
    expect(at.slopes).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
  });

  test('NaN stays NaN', () => {
    expect(atEach(new ReLU6(), [3, NaN, 7])).toEqual({ outputs: [3, NaN, 6], slopes: [1, NaN, 0] });
  });
});

describeFixture('relu6', () => new ReLU6());

describeElementwise(() => new ReLU6(), { range: [0, 6] });
