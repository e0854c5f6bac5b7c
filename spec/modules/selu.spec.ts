import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { Rng } from '../../lib/rng.ts';
import { SELU } from '../../modules/selu.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

const LAMBDA_ALPHA = 1.7580993408473766;

eachBackend('by hand', () => {
  test('λ x for x > 0, −λ α/2 at −ln 2; the derivative at 0 is λ α', () => {
    const at = atEach(new SELU(), [-Math.LN2, 0, 2]);
    [-LAMBDA_ALPHA / 2, 0, 2.101402].forEach((y, i) => expect(at.outputs[i]).toBeCloseTo(y, 6));
    [LAMBDA_ALPHA / 2, LAMBDA_ALPHA, 1.050701].forEach((slope, i) =>
      expect(at.slopes[i]).toBeCloseTo(slope, 6),
    );
  });

  test('large inputs', () => {
    const at = atEach(new SELU(), [-1e4, -100, 100, 1e4]);
    [-LAMBDA_ALPHA, -LAMBDA_ALPHA, 105.0701, 10507.0099].forEach((y, i) => {
      expect(at.outputs[i] / y).toBeCloseTo(1, 6);
    });
    [0, 0, 1.050701, 1.050701].forEach((slope, i) => expect(at.slopes[i]).toBeCloseTo(slope, 6));
  });

  test('keeps mean 0 and variance 1, as λ and α are chosen to do', () => {
    const count = 200_000;
    tf.tidy(() => {
      const { output } = new SELU().forward(constant(new Rng(0).normals(count), [count]));
      const { mean, variance } = tf.moments(output);
      expect(mean.dataSync()[0]).toBeCloseTo(0, 2);
      expect(variance.dataSync()[0]).toBeCloseTo(1, 2);
    });
  });
});

describeFixture('selu', () => new SELU());

describeElementwise(() => new SELU(), { range: [-1.7580993408473766, Infinity] });
