import { InputError, show } from '../../../lib/errors.ts';
import { glorotUniform } from '../../../lib/init/initializers.ts';
import type { Rng } from '../../../lib/rng.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { FileTensor } from '../fileTensor.ts';
import type { FileNode, OnnxFile } from '../openOnnx.ts';

/** A new head for an imported network. */
export interface NewHead {
  /** The number of classes. */
  readonly classes: number;
  /** The generator that draws the weights. */
  readonly rng: Rng;
}

/** The operators that may follow the head. They keep the number of classes. */
const AFTER = new Set(
  ['Add', 'Softmax', 'LogSoftmax', 'Sigmoid', 'Identity', 'Dropout', 'Flatten', 'Reshape'].concat([
    'Squeeze',
    'Relu',
    'GlobalAveragePool',
    'AveragePool',
    'ReduceMean',
    'Transpose',
  ]),
);

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
    if (old === undefined) throw fail(`expected weights of node ${show(node.name)} in the file`);
    if (model.nodes.some((other) => other !== node && other.inputs.includes(input)))
      throw fail(`expected weights of node ${show(node.name)} alone, but other nodes use them`);
    const dims = old.dims.map((size, i) => (i === axis ? classes : size));
    const fanIn = numElements(dims) / classes;
    const draw = () =>
      isBias
        ? new Float32Array(numElements(dims))
        : glorotUniform(dims, { fanIn, fanOut: classes }, rng.fold(0));
    fresh.set(input, { ...old, dims, values: () => Promise.resolve(draw()) });
  };
  let wanted = output.name;
  for (;;) {
    const node = model.nodes.find(({ outputs }) => outputs.includes(wanted));
    if (node === undefined) throw fail('expected a Gemm, MatMul or Conv before the output');
    const { op, inputs, attributes } = node;
    if (op === 'Gemm') {
      const isOut = (attributes.get('transB') ?? 0) !== 0;
      renew(node, inputs[1], isOut ? 0 : 1, false);
      if (inputs.length > 2) renew(node, inputs[2], (model.tensors.get(inputs[2])?.dims.length ?? 1) - 1, true); // prettier-ignore
      break;
    }
    if (op === 'Conv') {
      renew(node, inputs[1], 0, false);
      if (inputs.length > 2) renew(node, inputs[2], 0, true);
      break;
    }
    if (op === 'MatMul') {
      renew(node, inputs[1], 1, false);
      break;
    }
    if (!AFTER.has(op)) throw fail(`expected a Gemm, MatMul or Conv before the output, got ${op}`);
    const bias = op === 'Add' ? inputs.find((name) => model.tensors.has(name)) : undefined;
    if (op === 'Add' && bias === undefined)
      throw fail('expected a Gemm, MatMul or Conv before the output, got a sum of two branches');
    if (bias !== undefined)
      renew(node, bias, (model.tensors.get(bias)?.dims.length ?? 1) - 1, true);
    wanted = inputs.find((name) => name !== bias) ?? '';
  }
  return { ...model, tensors: new Map([...model.tensors, ...fresh]) };
}
