import { InputError, show } from '../../../lib/errors.ts';
import { glorotUniform } from '../../../lib/init/initializers.ts';
import type { Rng } from '../../../lib/rng.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { FileTensor } from '../fileTensor.ts';
import type { FileNode, OnnxFile } from '../openOnnx.ts';
import { makerOf } from './scores.ts';

/** A new head for an imported network. */
export interface NewHead {
  /** The number of classes. */
  readonly classes: number;
  /** The generator that draws the weights. */
  readonly rng: Rng;
}

/** The operators whose second input holds the weights of a head. */
const FILTERS = new Set(['Gemm', 'MatMul', 'Conv']);

/** The operators that may follow the head. They keep the number of classes. */
const AFTER = new Set([
  ...['Add', 'Softmax', 'LogSoftmax', 'Sigmoid', 'Relu', 'Identity', 'Dropout', 'Flatten'],
  ...['Reshape', 'Squeeze', 'Transpose', 'GlobalAveragePool', 'AveragePool', 'ReduceMean'],
]);

/**
 * Returns the file with another last filter: the `Gemm`, `MatMul` or `Conv` from which the output
 * comes has random weights for a new number of classes, and its bias is 0. All other tensors are
 * those of the file.
 *
 * Errors: a file of several outputs; another operator between the filter and the output; weights of
 *         the filter that another node uses too.
 */
export function withNewHead(model: OnnxFile, { classes, rng }: NewHead): OnnxFile {
  const fail = (problem: string) => new InputError(`newHead: ${problem}`);
  if (!Number.isSafeInteger(classes) || classes < 1)
    throw fail(`expected classes to be an integer of at least 1, got ${show(classes)}`);
  const [output, ...others] = model.outputs;
  if (others.length > 0) throw fail(`expected a network of one output, got ${others.length + 1}`);
  const fresh = new Map<string, FileTensor>();
  const renew = (node: FileNode, input: string, axis: number, isBias: boolean) => {
    const old = model.tensors.get(input);
    if (old === undefined)
      throw fail(
        `expected the weights of node ${show(node.name)} to be stored in the file, got computed ones`,
      );
    if (model.nodes.some((other) => other !== node && other.inputs.includes(input)))
      throw fail(
        `expected weights that only node ${show(node.name)} uses, got some that others use too`,
      );
    const dims = old.dims.map((size, i) => (i === axis ? classes : size));
    const fanIn = numElements(dims) / classes;
    const draw = () =>
      isBias
        ? new Float32Array(numElements(dims))
        : glorotUniform(dims, { fanIn, fanOut: classes }, rng.fold(0));
    fresh.set(input, { ...old, dims, values: () => Promise.resolve(draw()) });
  };
  /** Replaces a bias, which has the classes along its last axis. */
  const renewBias = (node: FileNode, input: string) =>
    renew(node, input, (model.tensors.get(input)?.dims.length ?? 1) - 1, true);
  let wanted = output.name;
  for (;;) {
    const node = makerOf(model, wanted);
    if (node === undefined)
      throw fail('expected a Gemm, MatMul or Conv before the output, got none');
    const { op, inputs, attributes } = node;
    if (FILTERS.has(op)) {
      const isOutFirst = op === 'Conv' || (op === 'Gemm' && (attributes.get('transB') ?? 0) !== 0);
      renew(node, inputs[1], isOutFirst ? 0 : 1, false);
      if (inputs.length > 2) renewBias(node, inputs[2]);
      break;
    }
    if (!AFTER.has(op)) throw fail(`expected a Gemm, MatMul or Conv before the output, got ${op}`);
    const bias = op === 'Add' ? inputs.find((name) => model.tensors.has(name)) : undefined;
    if (op === 'Add' && bias === undefined)
      throw fail('expected a Gemm, MatMul or Conv before the output, got a sum of two branches');
    if (bias !== undefined) renewBias(node, bias);
    wanted = inputs.find((name) => name !== bias) ?? '';
  }
  return { ...model, tensors: new Map([...model.tensors, ...fresh]) };
}
