import { dispose, mul, type Tensor } from '@tensorflow/tfjs-core';
import { Cost, constant, Rng } from '../../index.ts';
import { boxNames, cases, Draw, type Case } from '../../gradcheck/index.ts';
import { tensorsOf } from '../../gradcheck/target.ts';
import * as losses from '../../losses/index.ts';
import * as modules from '../../modules/index.ts';
import { stepCompiler } from '../../train/index.ts';
import { tidy } from '../../lib/memory.ts';
import { eachBackend } from '../support/fixtures.ts';

/** The number of cases of each box. */
const CASES = 3;

/** Runs a box between other operations, and returns its outputs and gradients. */
function chain({ box, input, target, context }: Case, scale: number): Tensor[] {
  return tidy(() => {
    const scaled = mapTensors(input, (x) => (x.dtype === 'float32' ? times(x, scale) : x));
    if (box instanceof Cost) {
      const { loss, cache } = box.forward(scaled as Tensor, target as Tensor);
      return [loss, times(box.backpropToInput(cache), 2)];
    }
    const { rng, ...rest } = { mode: 'inference' as const, ...context };
    const { output, cache } = box.forward(scaled, { ...rest, ...(rng && { rng: rng.clone() }) });
    const gradOutput = mapTensors(output, (x) => times(x, 0.5));
    const { gradInput, gradParams } = box.backprop(gradOutput, cache);
    return [output, gradInput, gradParams].flatMap((value) =>
      tensorsOf(value).map(([, x]) => times(x, 2)),
    );
  });
}

const times = (x: Tensor, factor: number): Tensor => mul(x, constant([factor], []));

type Tensors = Case['input'];

function mapTensors(value: Tensors, change: (x: Tensor) => Tensor): Tensors {
  if (Array.isArray(value)) return (value as readonly Tensor[]).map(change);
  if ('dataId' in value) return change(value as Tensor);
  return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, change(x)]));
}

eachBackend('a graph has the values of single operations', (backend) => {
  test.each(boxNames({ ...modules, ...losses }))('%s', async (name) => {
    for (let i = 0; i < CASES; i++) {
      const compiler = await stepCompiler();
      const item = cases[name](new Draw(new Rng(i)));
      // The second run takes the graph of the first, with other values.
      for (const scale of [1, 1.25, 0.75]) {
        const expected = chain(item, scale);
        const actual = compiler.run(
          () => chain(item, scale),
          () => undefined,
        );
        expect(actual.map(({ shape, dtype }) => [shape, dtype])).toEqual(
          expected.map(({ shape, dtype }) => [shape, dtype]),
        );
        actual.forEach((tensor, k) => expectNear(tensor.dataSync(), expected[k].dataSync()));
        dispose([expected, actual]);
      }
      expect(compiler.problems).toEqual([]);
      if (backend === 'tensorflow') expect(compiler.graphs).toBeGreaterThan(0);
      compiler.dispose();
    }
  });
});

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    // A NaN in both is the same value.
    if (Number.isNaN(actual[i]) && Number.isNaN(expected[i])) continue;
    expect(error).toBeLessThanOrEqual(1e-5 * largest);
  }
}
