import { Tensor, tidy } from '@tensorflow/tfjs-core';
import { useBackend } from '../../../index.ts';
import { cases, Draw } from '../../../gradcheck/index.ts';
import { Rng } from '../../../lib/rng.ts';
import { constant } from '../../../lib/constant.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import { Module, type AnyModule } from '../../../lib/module.ts';
import { EXPORTED, toOnnx } from '../../../formats/onnx/toOnnx.ts';
import { loadOnnx } from '../../../formats/onnx/loadOnnx.ts';
import { bytesOf } from '../../support/onnxBytes.ts';
import { difference } from '../../support/python.ts';

/** Boxes whose constant matrices, centres or whole kernels become parameters. */
const OTHER_PARAMS = [
  ...['AdaptiveAvgPool2D', 'LocalResponseNorm', 'TableConv2D', 'RBF', 'SCell', 'CCell'],
  ...['SubtractiveNorm2D', 'DivisiveNorm2D', 'ContrastNorm2D'],
];

const COUNT = 6;

/** Rounds the parameters to single precision, which the file has. */
function round(box: AnyModule): void {
  for (const variable of Object.values({ ...box.params, ...box.buffers })) {
    const rounded = Array.from(variable.dataSync(), Math.fround);
    tidy(() => variable.assign(constant(rounded, variable.shape as [number])));
  }
}

const listOf = (value: unknown) => [value].flat() as Tensor[];

/** The outputs of a box, and the gradients of its inputs and parameters. */
function runOf(box: AnyModule, inputs: readonly Tensor[], gradOutput?: readonly Tensor[]) {
  // A list of one tensor is imported as one input.
  const { output, cache } = box.forward(box.arity === 'list' ? inputs : inputs[0]);
  const outputs = listOf(output);
  const grads = gradOutput ?? outputs.map((one) => constant(Array.from({ length: one.size }, (_, i) => Math.sin(3 * i + 1)), one.shape as [number])); // prettier-ignore
  const { gradInput, gradParams } = box.backprop(Array.isArray(output) ? grads : grads[0], cache);
  return { outputs, grads, gradInputs: listOf(gradInput), gradParams };
}

/** Exports a box, imports it, and returns the largest differences. */
async function compare(box: AnyModule, inputs: readonly Tensor[]) {
  round(box);
  const shapes = inputs.map(({ shape }) => shape.slice(1));
  const inputShape = box.arity === 'list' ? shapes : shapes[0];
  const bytes = await bytesOf(toOnnx(box, { inputShape }));
  const imported = (await loadOnnx(bytes)) as AnyModule;
  const [own, other] = [runOf(box, inputs), runOf(imported, inputs)];
  const apart = (a: readonly Tensor[], b: readonly Tensor[]) => {
    expect(b.map(({ shape }) => shape)).toEqual(a.map(({ shape }) => shape));
    return Math.max(...a.map((one, k) => difference(b[k].dataSync(), one.dataSync())), 0);
  };
  // The gradients of the parameters are compared in any order, by their values.
  const sorted = (grads: Readonly<Record<string, Tensor>>) =>
    Object.values(grads)
      .map((grad) => Array.from(grad.dataSync()).sort((a, b) => a - b))
      .sort((a, b) => a.length - b.length || a[0] - b[0]);
  const params = [sorted(own.gradParams), sorted(other.gradParams)];
  const again = await bytesOf(
    toOnnx(imported, { inputShape: imported.arity === 'list' ? shapes : shapes[0] }),
  );
  const result = {
    output: apart(own.outputs, other.outputs),
    gradInput: apart(own.gradInputs, other.gradInputs),
    params,
    isSameFile: again.length === bytes.length,
  };
  disposeTensors([own, other]);
  imported.dispose();
  return result;
}

describe('export and import are inverse', () => {
  beforeAll(() => useBackend('float64'));

  test.each(EXPORTED)('%s', async (name) => {
    for (let i = 0; i < COUNT; i++) {
      const { box, input, config } = cases[name](new Draw(new Rng(i)));
      if (!(box instanceof Module)) continue;
      const inputs = (input instanceof Tensor ? [input] : input) as readonly Tensor[];
      if (inputs.some(({ rank }) => rank < 2)) continue;
      const { output, gradInput, params } = await compare(box, inputs);
      expect({ config, output: output < 1e-6, gradInput: gradInput < 1e-6 }).toEqual({
        config,
        output: true,
        gradInput: true,
      });
      if (!OTHER_PARAMS.includes(name)) {
        const [own, other] = params;
        expect({ config, sizes: other.map(({ length }) => length) }).toEqual({
          config,
          sizes: own.map(({ length }) => length),
        });
        own.forEach((grad, k) => expect(difference(other[k], grad)).toBeLessThan(1e-6));
      }
      disposeTensors([inputs, box.params, box.buffers]);
    }
  });
});
