import type * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { disposeTensors } from '../../lib/memory.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { expectNoLeak } from './compare.ts';
import { eachBackend } from './fixtures.ts';

/**
 * Tests the contract of lib/module.ts, which every box keeps.
 *
 * @param make a box whose parameters are not all 0.
 * @param inputs two inputs of different sizes.
 */
export function describeContract<In extends tf.Tensor, Out extends tf.Tensor, Cache>(
  make: () => Module<In, Out, Cache>,
  inputs: () => [In, In],
): void {
  eachBackend('keeps the contract', () => {
    test('forward and backprop change neither the input, the gradient nor the parameters', () => {
      const box = make();
      const [input] = inputs();
      const { output, cache } = box.forward(input);
      const gradOutput = ramp(output);
      const before = values([input, gradOutput, ...Object.values(box.params)]);
      box.forward(input);
      box.backprop(gradOutput, cache);
      expect(values([input, gradOutput, ...Object.values(box.params)])).toEqual(before);
    });

    test.each(['inference', 'training'] as const)('leaves no tensor behind: %s', (mode) => {
      const [input] = inputs();
      expectNoLeak(() => {
        const box = make();
        const forward = () => box.forward(input, { mode, rng: new Rng(0) });
        const [first, second, third] = [forward(), forward(), forward()];
        const gradOutput = ramp(first.output);
        box.updateBuffers(first.cache);
        disposeTensors([
          box.backprop(gradOutput, first.cache),
          box.backpropToInput(gradOutput, second.cache),
          box.backpropToParams(gradOutput, second.cache),
          box.backpropParams(gradOutput, third.cache),
          box.infer(input, { mode, rng: new Rng(0) }),
          gradOutput,
          [first, second, third],
        ]);
        box.dispose();
      });
    });

    test('returns tensors that the caller owns: disposing one changes no other', () => {
      const box = make();
      const [input] = inputs();
      const { output, cache } = box.forward(input);
      const expected = box.backprop(ramp(output), cache);
      const second = box.forward(input);
      const gradOutput = ramp(output);
      input.dispose();
      second.output.dispose();
      const { gradInput, gradParams } = box.backprop(gradOutput, second.cache);
      disposeTensors([gradOutput, second.cache]);
      expect(values([gradInput, ...Object.values(gradParams)])).toEqual(
        values([expected.gradInput, ...Object.values(expected.gradParams)]),
      );
    });

    test('two forwards before a backward do not disturb each other', () => {
      const box = make();
      const [first, second] = inputs();
      const alone = box.forward(first);
      const gradOutput = ramp(alone.output);
      const expected = box.backprop(gradOutput, alone.cache);
      const again = box.forward(first);
      box.forward(second);
      const interleaved = box.backprop(gradOutput, again.cache);
      expect(values([interleaved.gradInput, ...Object.values(interleaved.gradParams)])).toEqual(
        values([expected.gradInput, ...Object.values(expected.gradParams)]),
      );
    });
  });
}

/** A gradient with positive and negative values that differ from their neighbours. */
function ramp<T extends tf.Tensor>(output: T): T {
  return constant(
    Float32Array.from({ length: output.size }, (_, i) => (i % 5) - 1.5),
    output.shape as never,
  ) as T;
}

function values(tensors: readonly tf.Tensor[]): unknown[] {
  return tensors.map((tensor) => [tensor.shape, [...tensor.dataSync()]]);
}
