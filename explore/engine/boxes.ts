/** The value of an argument, as it is sent between threads and written in the address. */
export type Argument = number | boolean | string | readonly Argument[];

/** The arguments of a constructor: first the positional arguments, and then the options by name. */
export interface BoxCall {
  readonly args: readonly Argument[];
  readonly options: Readonly<Record<string, Argument>>;
}

/** The small example with which the page opens a box. */
export interface BoxExample {
  readonly args: readonly Argument[];
  readonly options?: Readonly<Record<string, Argument>>;
  /** The shape of the input. There are several if the box takes a list. */
  readonly shapes: readonly (readonly number[])[];
  /** Whether the box draws its weights at random, and therefore needs an `rng`. */
  readonly seeded?: true;
  /** Whether the input and the weights must be positive, as in the cells of a neocognitron. */
  readonly positive?: true;
  /** Whether the box computes different values in training and in inference. */
  readonly modes?: true;
  /** For a cost: whether the target is one label per example. */
  readonly labels?: true;
}

/** A group of boxes under one heading. */
export interface BoxGroup {
  readonly title: string;
  readonly boxes: Readonly<Record<string, BoxExample>>;
}

const IMAGE = [1, 4, 3, 2];
const MATRIX = [2, 3];
const filter = (args: readonly Argument[], shape: readonly number[]): BoxExample => ({
  args,
  shapes: [shape],
  seeded: true,
});
const plain = (args: readonly Argument[], shape: readonly number[] = MATRIX): BoxExample => ({
  args,
  shapes: [shape],
});
const withOptions = (
  options: Readonly<Record<string, Argument>>,
  shape: readonly number[] = MATRIX,
  args: readonly Argument[] = [],
): BoxExample => ({ args, options, shapes: [shape] });
const merge = (first: readonly number[], second: readonly number[]): BoxExample => ({
  args: [],
  shapes: [first, second],
});

/**
 * All boxes and costs by group, each with a small example. The sizes of an example are all
 * different, so that a reader can distinguish its axes: height and width, batch and channels.
 */
export const GROUPS: readonly BoxGroup[] = [
  {
    title: 'Filtering',
    boxes: {
      Linear: filter([3, 2], [4, 3]),
      Conv1D: filter([1, 2, 3], [1, 5, 1]),
      Conv2D: filter([2, 3, [3, 2]], IMAGE),
      Conv3D: filter([1, 2, 2], [1, 3, 4, 2, 1]),
      ConvTranspose2D: filter([2, 1, [3, 2]], [1, 2, 3, 2]),
      DepthwiseConv2D: filter([2, [3, 2]], IMAGE),
      LocallyConnected1D: filter([5, 1, 2, 3], [2, 5, 1]),
      LocallyConnected2D: filter([[4, 3], 1, 2, [3, 2]], [1, 4, 3, 1]),
    },
  },
  {
    title: 'Pointwise',
    boxes: {
      Pointwise: plain([3]),
      ReLU: plain([]),
      ReLU6: plain([]),
      Tanh: plain([]),
      Sigmoid: plain([]),
      PReLU: plain([3]),
      LeakyReLU: plain([]),
      ELU: plain([]),
      SELU: plain([]),
      GELU: plain([]),
      SiLU: plain([]),
      Softplus: plain([]),
      HardTanh: withOptions({ minValue: -0.2, maxValue: 0.2 }),
      HardSigmoid: plain([]),
      HardSwish: plain([]),
      Arithmetic: withOptions({ shape: [3], init: 2 }, MATRIX, ['multiply']),
    },
  },
  {
    title: 'Pooling',
    boxes: {
      MaxPool1D: withOptions({ stride: 1 }, [1, 6, 2], [3]),
      MaxPool2D: withOptions({ stride: 1 }, IMAGE, [[3, 2]]),
      MaxPool3D: withOptions({ stride: 1 }, [1, 3, 4, 2, 1], [2]),
      MaxUnpool2D: {
        args: [[2, 1]],
        shapes: [
          [1, 1, 3, 2],
          [1, 2, 3, 2],
        ],
      },
      AvgPool1D: withOptions({ stride: 2 }, [1, 7, 2], [3]),
      AvgPool2D: withOptions({ stride: 1 }, IMAGE, [[3, 2]]),
      AvgPool3D: withOptions({ stride: 1 }, [1, 3, 4, 2, 1], [2]),
      SumPool2D: withOptions({ stride: 1 }, IMAGE, [[3, 2]]),
      LPPool2D: withOptions({ stride: 1 }, IMAGE, [2, [3, 2]]),
      GlobalAvgPool2D: plain([], IMAGE),
      GlobalMaxPool2D: plain([], IMAGE),
      AdaptiveAvgPool2D: plain([[2, 1]], IMAGE),
      AdaptiveMaxPool2D: plain([[2, 1]], IMAGE),
      Maxout: plain([3], [2, 6]),
    },
  },
  {
    title: 'Normalization',
    boxes: {
      SubtractiveNorm2D: withOptions({ kernelSize: 3 }, IMAGE, [2]),
      DivisiveNorm2D: withOptions({ kernelSize: 3 }, IMAGE, [2]),
      ContrastNorm2D: withOptions({ kernelSize: 3 }, IMAGE, [2]),
      LocalResponseNorm: withOptions({ alpha: 1 }, [2, 5], [3]),
      BatchNorm: { args: [3], shapes: [[4, 3]], modes: true },
      LayerNorm: plain([4], [2, 4]),
      GroupNorm: plain([2, 4], [1, 3, 4]),
      InstanceNorm: withOptions({ affine: true }, [1, 4, 3], [3]),
    },
  },
  { title: 'Probability', boxes: { Softmax: plain([]), LogSoftmax: plain([]) } },
  {
    title: 'Regularization',
    boxes: {
      Dropout: { args: [], options: { p: 0.3 }, shapes: [[2, 5]], modes: true },
      SpatialDropout: { args: [], options: { p: 0.3 }, shapes: [[1, 2, 3, 4]], modes: true },
    },
  },
  {
    title: 'Shape',
    boxes: {
      Flatten: plain([], [2, 2, 3]),
      Reshape: plain([[3, -1]], [2, 6]),
      Permute: plain([[2, 1]], [2, 4, 3]),
      Identity: plain([]),
      Pad2D: withOptions({ mode: 'reflect' }, [1, 3, 2, 1], [1]),
      Upsample2D: withOptions({ scaleFactor: [2, 3], mode: 'nearest' }, [1, 2, 2, 1]),
      PixelShuffle: plain([2], [1, 2, 3, 4]),
      ChannelShuffle: plain([2], [2, 6]),
      Slice: { args: [1], options: { begin: 1, step: 2 }, shapes: [[2, 5, 3]] },
      Gather: plain([2, [3, 0, 0]], [2, 1, 4]),
    },
  },
  {
    title: 'Containers',
    boxes: {
      Sequential: plain([]),
      Branch: withOptions({ merge: 'concat' }),
      Residual: plain([]),
      Graph: plain([]),
    },
  },
  {
    title: 'Merging',
    boxes: {
      Concat: merge([2, 3], [2, 2]),
      Sum: merge(MATRIX, MATRIX),
      Product: merge(MATRIX, MATRIX),
      Max: merge(MATRIX, MATRIX),
      MatMul: merge([1, 2, 3], [1, 3, 4]),
    },
  },
  {
    title: 'Historic',
    boxes: {
      TableConv2D: filter([3, [[0, 1], [2]], [2, 3]], [1, 3, 4, 3]),
      Affine: plain([3]),
      ScaledTanh: plain([]),
      RBF: withOptions({ learned: true }, MATRIX, [[[0.2, -0.4, 0.6], [-0.5, 0.1, 0.3]]]), // prettier-ignore
      Abs: plain([]),
      PadChannels: plain([2]),
      SCell: { ...filter([2, 2, [3, 2]], IMAGE), positive: true },
      CCell: { ...plain([2, [3, 2]], IMAGE), positive: true },
    },
  },
  {
    title: 'Costs',
    boxes: {
      Euclidean: plain([]),
      SoftmaxCrossEntropy: { ...withOptions({ reduction: 'mean' }), labels: true },
      NegativeLogLikelihood: { ...withOptions({ reduction: 'mean' }), labels: true },
      BinaryCrossEntropy: plain([]),
      L1: plain([]),
      Huber: withOptions({ delta: 0.25 }),
      Hinge: { ...plain([]), labels: true },
      Focal: plain([]),
      Dice: withOptions({ smooth: 1 }),
      KLDivergence: plain([]),
      CosineDistance: plain([]),
    },
  },
];

/** Returns the example of a box or cost, or undefined if there is no box of this name. */
export function exampleOf(name: string): BoxExample | undefined {
  return GROUPS.map(({ boxes }) => (Object.hasOwn(boxes, name) ? boxes[name] : undefined)).find(
    (example) => example !== undefined,
  );
}
