import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import type { ContainerCache } from '../../lib/container.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { Module, type Context } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { Linear } from '../../modules/linear.ts';
import type { Box } from '../../modules/container/sequential.ts';
import { expectNoLeak, messageOf, numbers } from './compare.ts';

/** A linear layer without bias; its weights are 0 by default. */
export function linear(inFeatures: number, outFeatures: number, weight?: number[]): Linear {
  return new Linear(inFeatures, outFeatures, {
    bias: false,
    init: weight ? values(weight) : zeros,
  });
}

export function asNumbers(tensors: Readonly<Record<string, tf.Tensor>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, numbers(tensor)]),
  );
}

/** Expects two networks to compute the same output and gradients, in the same order. */
export function expectSame(box: Module, other: Module, input: tf.Tensor): void {
  const [one, two] = [box, other].map((network) => {
    const { output, cache } = network.forward(input, { mode: 'training' });
    const { gradInput, gradParams } = network.backprop(tf.cos(output), cache);
    return [output, network.infer(input), gradInput, ...Object.values(gradParams)].map(numbers);
  });
  expect(one).toEqual(two);
}

/**
 * The identity. It records the contexts and buffer updates that it receives and counts the calls of
 * `backpropToInput`.
 */
class Probe extends Module<tf.Tensor, tf.Tensor, { held: tf.Tensor }> {
  override readonly buffers = { calls: tf.variable(tf.scalar(0)) };
  readonly contexts: (Context | undefined)[] = [];
  readonly updated: unknown[] = [];
  asked = 0;

  forward(input: tf.Tensor, context?: Context) {
    this.contexts.push(context);
    return { output: input.clone(), cache: { held: tf.scalar(1) } };
  }

  backpropToInput(gradOutput: tf.Tensor) {
    this.asked += 1;
    return gradOutput.clone();
  }

  override updateBuffers(cache: { held: tf.Tensor }) {
    this.updated.push(cache.held.isDisposed);
  }
}

/**
 * Tests the contract that every container keeps.
 *
 * @param make a container of two boxes, from [N, 3] to [N, 3].
 * @param first for each of the two boxes, whether it receives the container's input.
 */
export function describeContainer(
  make: (one: Box, two: Box) => Module<tf.Tensor, tf.Tensor, ContainerCache>,
  names: readonly [string, string],
  first: readonly [boolean, boolean],
): void {
  const layer = () => linear(3, 3, [1, 2, 0, -1, 1, 3, 2, 0, 1]);
  const x = () => tf.tensor2d([1, 2, 3, -1, 0, 2], [2, 3]);

  describe('as a container', () => {
    beforeAll(() => useBackend('cpu'));

    test('backprop and backpropParams dispose every cache, and return the same gradients', () => {
      const box = make(layer(), layer());
      const input = x();
      expectNoLeak(() => {
        const [one, two, three] = [box.forward(input), box.forward(input), box.forward(input)];
        const both = box.backprop(one.output, one.cache);
        const paramsOnly = box.backpropParams(one.output, two.cache);
        const alone = box.backpropToParams(one.output, three.cache);
        expect([one.cache.caches, two.cache.caches]).toEqual([[], []]);
        expect(asNumbers(paramsOnly)).toEqual(asNumbers(both.gradParams));
        expect(asNumbers(alone)).toEqual(asNumbers(both.gradParams));
        expect(Object.keys(paramsOnly).sort()).toEqual(Object.keys(box.params).sort());
        disposeTensors([
          one.output,
          two.output,
          three,
          both.gradInput,
          both.gradParams,
          paramsOnly,
          alone,
        ]);
      });
    });

    test('infer returns the output of forward, and keeps nothing', () => {
      const box = make(layer(), layer());
      const input = x();
      const { output } = box.forward(input);
      expectNoLeak(() => {
        const inferred = box.infer(input);
        expect(numbers(inferred)).toEqual(numbers(output));
        disposeTensors(inferred);
      });
    });

    test('a box used twice is listed once, and its gradient is the sum of both uses', () => {
      const shared = layer();
      const [tied, free] = [make(shared, shared), make(layer(), layer())];
      const [name, other] = [`${names[0]}.weight`, `${names[1]}.weight`];
      expect(Object.keys(tied.params)).toEqual([name]);
      expect(Object.keys(free.params)).toEqual([name, other]);
      for (const way of ['backprop', 'backpropParams', 'backpropToParams'] as const) {
        const [one, two] = [tied, free].map((box) => {
          const { output, cache } = box.forward(x());
          if (way !== 'backprop') return box[way](output, cache);
          return box.backprop(output, cache).gradParams;
        });
        expect(asNumbers(one)).toEqual({ [name]: numbers(tf.add(two[name], two[other])) });
      }
    });

    test('passes on the context, the buffers and their update', () => {
      const [one, two] = [new Probe(), new Probe()];
      const box = make(one, two);
      const context: Context = { mode: 'training', rng: new Rng(0) };
      const { cache } = box.forward(tf.ones([2, 3]), context);
      disposeTensors(box.infer(tf.ones([2, 3]), context));
      expect([...one.contexts, ...two.contexts]).toEqual([context, context, context, context]);
      expect(box.buffers[`${names[0]}.calls`]).toBe(one.buffers.calls);
      expect(box.buffers[`${names[1]}.calls`]).toBe(two.buffers.calls);
      expect(Object.keys(box.buffers)).toHaveLength(2);
      box.updateBuffers(cache);
      expect([one.updated, two.updated]).toEqual([[false], [false]]);
    });

    test('backpropParams does not compute the gradient of the input', () => {
      const probes = [new Probe(), new Probe()] as const;
      const box = make(...probes);
      const { output, cache } = box.forward(tf.ones([2, 3]));
      box.backpropToParams(output, cache);
      box.backpropParams(output, cache);
      expect(probes.map(({ asked }) => asked)).toEqual(first.map((is) => (is ? 0 : 2)));
    });

    test('a second backward over the same cache is refused', () => {
      const box = make(layer(), layer());
      const text =
        `${box.constructor.name}.backprop: ` +
        'expected the cache of a forward of its own, got one that a backward pass has emptied';
      const { output, cache } = box.forward(x());
      box.backpropParams(output, cache);
      expect(messageOf(() => box.backprop(output, cache))).toBe(text);
      expect(messageOf(() => box.backpropParams(output, cache))).toBe(text);
      expect(messageOf(() => box.backpropToInput(output, cache))).toBe(text);
      expect(messageOf(() => box.backpropToParams(output, cache))).toBe(text);
    });

    test('a box that fails leaks nothing', () => {
      const bug = new TypeError('a bug');
      class Buggy extends Probe {
        override backpropToInput(): never {
          throw bug;
        }
      }
      const [good, bad] = [layer(), new Buggy()];
      const box = make(bad, good);
      const input = x();
      expectNoLeak(() => {
        const { output, cache } = box.forward(input);
        expect(() => box.backprop(output, cache)).toThrow(bug);
        disposeTensors([output, cache]);
      });
    });
  });
}
