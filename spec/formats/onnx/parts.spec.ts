import { tensor, transpose } from '@tensorflow/tfjs-core';
import { useBackend } from '../../../index.ts';
import { loadOnnx } from '../../../formats/onnx/loadOnnx.ts';
import {
  attribute,
  floats,
  integers,
  model,
  node,
  tensorOf,
  value,
  type Content,
} from '../../support/onnxModel.ts';

/** Operators that take parts of a value, repeat it, or multiply two values of the network. */

beforeAll(() => useBackend('cpu'));

const list = (name: string, ...values: number[]) =>
  tensorOf(name, [values.length], integers(...values), 7);

interface Case {
  readonly nodes: Content[];
  readonly tensors?: Content[];
  /** The shape of the input in the file. */
  readonly shape: readonly number[];
  readonly input: readonly number[];
  /** The output, in the order of the file. */
  readonly output: readonly number[];
  /** The boxes of the network, as they describe themselves. */
  readonly boxes: readonly string[];
}

const bytesOf = ({ nodes, tensors = [], shape }: Pick<Case, 'nodes' | 'tensors' | 'shape'>) =>
  model(
    [
      ...nodes.map((one) => [1, one] as const),
      ...tensors.map((one) => [5, one] as const),
      [11, value('x', ...shape.map((size, k) => (k === 0 ? 'N' : size)))],
      [12, value('y', ...shape)],
    ],
    18,
  );

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

const CASES: Readonly<Record<string, Case>> = {
  'Slice of columns, with a step': {
    nodes: [node('Slice', ['x', 'a', 'b', 'c', 'd'], ['y'])],
    tensors: [list('a', 1), list('b', 9e15), list('c', -1), list('d', 2)],
    shape: [1, 2, 5],
    input: upTo(10),
    output: [1, 3, 6, 8],
    boxes: ['Slice 1:4:2 of axis 2'],
  },
  'Slice backwards': {
    nodes: [node('Slice', ['x', 'a', 'b', 'c', 'd'], ['y'])],
    tensors: [list('a', -1), list('b', -9e15), list('c', 1), list('d', -1)],
    shape: [2, 3],
    input: [1, 2, 3, 4, 5, 6],
    output: [3, 2, 1, 6, 5, 4],
    boxes: ['Gather 2, 1, 0 of axis 1'],
  },
  'Slice of the whole batch is nothing': {
    nodes: [node('Slice', ['x', 'a', 'b', 'c'], ['h']), node('Relu', ['h'], ['y'])],
    tensors: [list('a', 0), list('b', 9e15), list('c', 0)],
    shape: [2, 2],
    input: [1, -2, 3, 4],
    output: [1, 0, 3, 4],
    boxes: ['ReLU'],
  },
  'Split, whose parts are added in the other order': {
    nodes: [
      node('Split', ['x', 's'], ['a', 'b'], attribute('axis', 1)),
      node('Concat', ['b', 'a'], ['y'], attribute('axis', 1)),
    ],
    tensors: [list('s', 1, 2)],
    shape: [2, 3],
    input: [1, 2, 3, 4, 5, 6],
    output: [2, 3, 1, 5, 6, 4],
    boxes: ['Slice 0:1 of axis 1', 'Slice 1:3 of axis 1', 'Concat'],
  },
  'Split, of which one part is not used': {
    nodes: [node('Split', ['x', 's'], ['a', 'y'], attribute('axis', 1))],
    tensors: [list('s', 1, 2)],
    shape: [1, 3],
    input: [1, 2, 3],
    output: [2, 3],
    boxes: ['Slice 1:3 of axis 1'],
  },
  'Gather of one index removes the axis': {
    nodes: [node('Gather', ['x', 'i'], ['y'], attribute('axis', 1))],
    tensors: [tensorOf('i', [], integers(-1), 7)],
    shape: [1, 3, 2],
    input: upTo(6),
    output: [4, 5],
    boxes: ['Slice 2:3 of axis 1', 'Flatten'],
  },
  'Expand repeats an axis of size 1': {
    nodes: [node('Expand', ['x', 's'], ['y'])],
    tensors: [list('s', 1, 2, 3)],
    shape: [2, 1, 3],
    input: upTo(6),
    output: [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5],
    boxes: ['Gather 0, 0 of axis 1'],
  },
  'Tile repeats all cells': {
    nodes: [node('Tile', ['x', 's'], ['y'])],
    tensors: [list('s', 1, 2)],
    shape: [1, 2],
    input: [5, 6],
    output: [5, 6, 5, 6],
    boxes: ['Gather 0, 1, 0, 1 of axis 1'],
  },
  'the product of a matrix and its transpose': {
    nodes: [
      node('Transpose', ['x'], ['t'], attribute('perm', [0, 2, 1])),
      node('MatMul', ['x', 't'], ['y']),
    ],
    shape: [1, 2, 3],
    input: [1, 2, 3, 4, 5, 6],
    output: [14, 32, 32, 77],
    boxes: ['Permute to the axes 2, 1', 'MatMul'],
  },
  'heads that are joined with the batch': {
    nodes: [
      node('Reshape', ['x', 's'], ['h']),
      node('Transpose', ['h'], ['t'], attribute('perm', [0, 2, 1])),
      node('Reshape', ['t', 'r'], ['y']),
    ],
    tensors: [list('s', -1, 2, 2), list('r', 1, 2, 4)],
    shape: [1, 2, 4],
    input: [1, 2, 3, 4, 5, 6, 7, 8],
    output: [1, 3, 2, 4, 5, 7, 6, 8],
    boxes: ['ChannelShuffle'],
  },
  'a class token in front of the others': {
    nodes: [node('Concat', ['w', 'x'], ['y'], attribute('axis', 1))],
    tensors: [tensorOf('w', [1, 1, 2], floats(8, 9))],
    shape: [2, 1, 2],
    input: [1, 2, 3, 4],
    output: [8, 9, 1, 2, 8, 9, 3, 4],
    boxes: [
      'Arithmetic: multiply one number',
      'Arithmetic: add [1, 2]',
      'Reshape',
      'Reshape',
      'Concat',
    ],
  },
  'Pad with pads below 0 cuts off': {
    nodes: [node('Pad', ['x', 'p'], ['y'])],
    tensors: [list('p', 0, -1, 0, 1)],
    shape: [1, 3],
    input: [1, 2, 3],
    output: [2, 3, 0],
    boxes: ['Slice 1:3 of axis 1', 'PadChannels'],
  },
  'the difference of a value and its mean': {
    nodes: [node('ReduceMean', ['x', 'a'], ['m']), node('Sub', ['x', 'm'], ['y'])],
    tensors: [list('a', 1)],
    shape: [2, 2],
    input: [1, 3, 10, 20],
    output: [-1, 1, -5, 5],
    boxes: [],
  },
  'ReduceLogSumExp of large numbers': {
    nodes: [node('ReduceLogSumExp', ['x', 'a'], ['y'])],
    tensors: [list('a', 1)],
    shape: [1, 2],
    input: [1000, 1000],
    output: [1000 + Math.log(2)],
    boxes: [],
  },
  'Celu with alpha 2': {
    nodes: [node('Celu', ['x'], ['y'], attribute('alpha', 2.5))],
    shape: [1, 2],
    input: [3, -1],
    output: [3, 2.5 * (Math.exp(-1 / 2.5) - 1)],
    boxes: [],
  },
};

test.each(Object.entries(CASES))('%s', async (_, one) => {
  const network = await loadOnnx(bytesOf(one));
  const result = network.infer(tensor([...one.input], [...one.shape]));
  const [axes] = network.outputAxes;
  const inFile = transpose(
    result,
    axes.map((_, k) => axes.indexOf(k)),
  );
  const got = Array.from(inFile.dataSync());
  expect(got).toHaveLength(one.output.length);
  got.forEach((x, i) => expect(x).toBeCloseTo(one.output[i], 4));
  if (one.boxes.length === 0) return;
  expect(network.nodes.map(({ box }) => (box as { describe(): string }).describe())).toEqual(one.boxes); // prettier-ignore
});

test.each<[string, Pick<Case, 'nodes' | 'tensors' | 'shape'>]>([
  [
    'node "Slice_1" (Slice, opset 18): expected an axis without the batch, got 0',
    {
      nodes: [node('Slice', ['x', 'a', 'b', 'c'], ['y'])],
      tensors: [list('a', 1), list('b', 2), list('c', 0)],
      shape: [2, 2],
    },
  ],
  [
    'node "Slice_1" (Slice, opset 18): expected an axis without the batch, got 0',
    {
      nodes: [node('Slice', ['x', 'a', 'b'], ['y'])],
      tensors: [list('a', 0), list('b', 1)],
      shape: [1, 2],
    },
  ],
  [
    'node "Slice_1" (Slice, opset 18): expected a slice with cells, got none along axis 1',
    {
      nodes: [node('Slice', ['x', 'a', 'b', 'c'], ['y'])],
      tensors: [list('a', 2), list('b', 2), list('c', 1)],
      shape: [2, 3],
    },
  ],
  [
    'node "Split_1" (Split, opset 18): expected 2 parts of axis 1, of size 3, got [1, 1]',
    {
      nodes: [
        node('Split', ['x', 's'], ['a', 'b'], attribute('axis', 1)),
        node('Add', ['a', 'b'], ['y']),
      ],
      tensors: [list('s', 1, 1)],
      shape: [2, 3],
    },
  ],
  [
    'node "Gather_1" (Gather, opset 18): expected indices below 3, got 3',
    {
      nodes: [node('Gather', ['x', 'i'], ['y'], attribute('axis', 1))],
      tensors: [list('i', 0, 3)],
      shape: [2, 3],
    },
  ],
  [
    'node "Expand_1" (Expand, opset 18): expected a shape that repeats axes of size 1, got [1, 4] for [1, 2]',
    { nodes: [node('Expand', ['x', 's'], ['y'])], tensors: [list('s', 1, 4)], shape: [1, 2] },
  ],
  [
    'node "MatMul_1" (MatMul, opset 18): expected matrices of each example, [N, ..., M, K] and [N, ..., K, P], got [1, 2] and [1, 2]',
    { nodes: [node('MatMul', ['x', 'x'], ['y'])], shape: [1, 2] },
  ],
  [
    'outputs: expected "y" to have the batch as its first axis, got one that joins it with other axes',
    { nodes: [node('Reshape', ['x', 's'], ['y'])], tensors: [list('s', -1, 2)], shape: [1, 3, 2] },
  ],
  [
    'node "Reshape_1" (Reshape, opset 18): expected a shape that keeps the batch apart, got [2, -1, 3] for [1, 3, 2]',
    {
      nodes: [
        node('Transpose', ['x'], ['t'], attribute('perm', [1, 0, 2])),
        node('Transpose', ['t'], ['u'], attribute('perm', [1, 0, 2])),
        node('Reshape', ['u', 's'], ['y']),
      ],
      tensors: [list('s', 2, -1, 3)],
      shape: [1, 3, 2],
    },
  ],
])('%s', async (message, one) => {
  await expect(loadOnnx(bytesOf(one))).rejects.toThrow(message);
});
