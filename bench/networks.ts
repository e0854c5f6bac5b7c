/**
 * The networks of the benchmark as plain tables, from which every system builds its own network,
 * and the data for all systems: the same weights, images and labels, so that the losses can be
 * compared.
 */
export type NetworkName = 'lenet' | 'alexnet' | 'resnet20' | 'resnet50' | 'vgg16' | 'convnet';

/** One row of a table. The number of input channels comes from the row before. */
type Row =
  | {
      readonly kind: 'conv';
      out: number;
      kernel: number;
      stride?: number;
      padding?: number;
      bias?: boolean;
    }
  | { readonly kind: 'maxPool'; kernel: number; stride: number; padding: number }
  | { readonly kind: 'linear'; out: number }
  | { readonly kind: 'residual'; body: Row[]; shortcut: Row[] }
  | {
      readonly kind: 'relu' | 'lrn' | 'dropout' | 'batchNorm' | 'subsample' | 'mean' | 'flatten';
      out?: number;
    };

/**
 * A row with its input and output shapes, [H, W, C] or [features]. `index` counts the convolutions
 * and linear layers; it is -1 for other rows.
 */
export interface Layer {
  readonly kind: Row['kind'];
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly bias: boolean;
  readonly index: number;
  readonly body: readonly Layer[];
  readonly shortcut: readonly Layer[];
}

export interface Network {
  readonly name: NetworkName;
  readonly input: readonly [height: number, width: number, channels: number];
  readonly classes: number;
  readonly layers: readonly Layer[];
  readonly parameters: number;
  readonly dropout: boolean;
  readonly learningRate: number;
}

const relu: Row = { kind: 'relu' };
const batchNorm: Row = { kind: 'batchNorm' };
const maxPool = (kernel: number, stride = kernel, padding = 0): Row => ({
  kind: 'maxPool',
  kernel,
  stride,
  padding,
});
const linear = (out: number): Row => ({ kind: 'linear', out });
const conv = (
  out: number,
  kernel: number,
  options: { stride?: number; padding?: number; bias?: boolean } = {},
): Row => ({
  kind: 'conv',
  out,
  kernel,
  ...options,
});

/**
 * Two 3x3 convolutions with a shortcut around them. With stride 2 the shortcut takes every second
 * pixel and adds channels of zeros.
 */
function residual(out: number, stride: number): Row[] {
  const filter = (step: number) => [
    conv(out, 3, { stride: step, padding: 1, bias: false }),
    batchNorm,
  ];
  const body = [...filter(stride), relu, ...filter(1)];
  return [
    { kind: 'residual', body, shortcut: stride === 1 ? [] : [{ kind: 'subsample', out }] },
    relu,
  ];
}

/**
 * ResNet-50's block: a 1x1 convolution to `channels`, a 3x3 convolution and a 1x1 convolution to
 * four times as many. A shortcut that changes the shape is a 1x1 convolution.
 */
function bottleneck(channels: number, stride: number, projects: boolean): Row[] {
  const filter = (out: number, kernel: number, step = 1) => [
    conv(out, kernel, { stride: step, padding: (kernel - 1) / 2, bias: false }),
    batchNorm,
  ];
  const body = [
    ...[...filter(channels, 1), relu],
    ...[...filter(channels, 3, stride), relu],
    ...filter(4 * channels, 1),
  ];
  const shortcut = projects ? filter(4 * channels, 1, stride) : [];
  return [{ kind: 'residual', body, shortcut }, relu];
}

const TABLES: Record<
  NetworkName,
  { side: number; channels: number; classes: number; learningRate?: number; rows: Row[] }
> = {
  lenet: {
    side: 28,
    channels: 1,
    classes: 10,
    rows: [
      conv(20, 5),
      maxPool(2),
      conv(50, 5),
      maxPool(2),
      { kind: 'flatten' } as const,
      linear(500),
      relu,
      linear(10),
    ],
  },
  alexnet: {
    side: 227,
    channels: 3,
    classes: 1000,
    rows: [
      conv(96, 11, { stride: 4 }),
      relu,
      maxPool(3, 2),
      { kind: 'lrn' } as const,
      conv(256, 5, { padding: 2 }),
      relu,
      maxPool(3, 2),
      { kind: 'lrn' } as const,
      conv(384, 3, { padding: 1 }),
      relu,
      conv(384, 3, { padding: 1 }),
      relu,
      conv(256, 3, { padding: 1 }),
      relu,
      maxPool(3, 2),
      { kind: 'flatten' } as const,
      linear(4096),
      relu,
      { kind: 'dropout' } as const,
      linear(4096),
      relu,
      { kind: 'dropout' } as const,
      linear(1000),
    ],
  },
  resnet20: {
    side: 32,
    channels: 3,
    classes: 10,
    rows: [
      conv(16, 3, { padding: 1, bias: false }),
      batchNorm,
      relu,
      ...[16, 32, 64].flatMap((out) => [
        ...residual(out, out === 16 ? 1 : 2),
        ...residual(out, 1),
        ...residual(out, 1),
      ]),
      { kind: 'mean' } as const,
      linear(10),
    ],
  },
  resnet50: {
    side: 224,
    channels: 3,
    classes: 1000,
    // A larger rate enlarges rounding so much that two right systems differ after a step.
    learningRate: 1e-6,
    rows: [
      conv(64, 7, { stride: 2, padding: 3, bias: false }),
      batchNorm,
      relu,
      maxPool(3, 2, 1),
      ...[3, 4, 6, 3].flatMap((blocks, stage) =>
        Array.from({ length: blocks }, (_, k) =>
          bottleneck(64 * 2 ** stage, k === 0 && stage > 0 ? 2 : 1, k === 0),
        ).flat(),
      ),
      { kind: 'mean' } as const,
      linear(1000),
    ],
  },
  vgg16: {
    side: 224,
    channels: 3,
    classes: 1000,
    rows: [
      ...[64, 128, 256, 512, 512].flatMap((out, block) => [
        ...Array.from({ length: block < 2 ? 2 : 3 }, () => [
          conv(out, 3, { padding: 1 }),
          relu,
        ]).flat(),
        maxPool(2),
      ]),
      { kind: 'flatten' } as const,
      ...[0, 1].flatMap(() => [linear(4096), relu, { kind: 'dropout' } as const]),
      linear(1000),
    ],
  },
  // LeNet's convolutions on images of any size. All its work is proportional to the number of
  // pixels.
  convnet: {
    side: 32,
    channels: 1,
    classes: 10,
    rows: [
      conv(20, 5, { padding: 2 }),
      relu,
      maxPool(2),
      conv(50, 5, { padding: 2 }),
      relu,
      maxPool(2),
      { kind: 'mean' } as const,
      linear(10),
    ],
  },
};

/**
 * Krizhevsky's local response normalization. His alpha is 1e-4; PyTorch divides its alpha by the
 * size 5, so it is 5e-4 here.
 */
export const LRN = { size: 5, alpha: 5e-4, beta: 0.75, k: 2 };
export const DROPOUT = 0.5;
export const BATCH_NORM_EPS = 1e-5;
export const MOMENTUM = 0.9;
/**
 * The number of first steps whose losses are compared between the systems. All systems start from
 * the same weights, and these steps use no dropout.
 */
export const CHECKED_STEPS = 3;

/** Describes a network for images of `side` x `side`, by default the size in its paper. */
export function describe(name: NetworkName, side = TABLES[name].side): Network {
  const { channels, classes, learningRate = 0.01, rows } = TABLES[name];
  let index = 0;
  const chain = (table: readonly Row[], input: readonly number[]): Layer[] =>
    table.map((row) => {
      const layer = place(row, input);
      input = layer.output;
      return layer;
    });
  const place = (row: Row, input: readonly number[]): Layer => {
    const [kernel, stride] = [
      'kernel' in row ? row.kernel : 1,
      ('stride' in row ? row.stride : undefined) ?? (row.kind === 'subsample' ? 2 : 1),
    ];
    const padding = ('padding' in row ? row.padding : undefined) ?? 0;
    const after = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
    const body = row.kind === 'residual' ? chain(row.body, input) : [];
    const shortcut = row.kind === 'residual' ? chain(row.shortcut, input) : [];
    const last = input[input.length - 1];
    const image = () => [
      after(input[0]),
      after(input[1]),
      ('out' in row ? row.out : undefined) ?? last,
    ];
    const output = {
      conv: image,
      maxPool: image,
      subsample: image,
      linear: () => [(row as { out: number }).out],
      residual: () => [...body[body.length - 1].output],
      flatten: () => [input.reduce((product, size) => product * size)],
      mean: () => [last],
      relu: () => [...input],
      lrn: () => [...input],
      dropout: () => [...input],
      batchNorm: () => [...input],
    }[row.kind]();
    const bias = row.kind === 'linear' || (row.kind === 'conv' && (row.bias ?? true));
    const weighted = row.kind === 'conv' || row.kind === 'linear';
    return {
      kind: row.kind,
      input,
      output,
      kernel,
      stride,
      padding,
      bias,
      index: weighted ? index++ : -1,
      body,
      shortcut,
    };
  };
  const layers = chain(rows, [side, side, channels]);
  const all = flat(layers);
  return {
    name,
    input: [side, side, channels],
    classes,
    layers,
    parameters: all.reduce((total, layer) => total + parametersOf(layer), 0),
    dropout: all.some(({ kind }) => kind === 'dropout'),
    learningRate,
  };
}

function flat(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => [layer, ...flat(layer.body), ...flat(layer.shortcut)]);
}

function parametersOf(layer: Layer): number {
  const out = layer.output[layer.output.length - 1];
  if (layer.kind === 'batchNorm') return 2 * out;
  return layer.index < 0 ? 0 : out * fanIn(layer) + (layer.bias ? out : 0);
}

/** Returns the number of connections into one output of a convolution or a linear layer. */
export function fanIn({ kernel, input }: Layer): number {
  return kernel ** 2 * input[input.length - 1];
}

/** Returns the convolutions and linear layers, in order. */
export function weighted(layers: readonly Layer[]): Layer[] {
  return flat(layers).filter(({ index }) => index >= 0);
}

/**
 * Returns the shape of a layer's weights: [out, h, w, in] for a convolution, [out, in] for a linear
 * layer.
 */
export function weightShape(layer: Layer): number[] {
  const { kind, kernel, input, output } = layer;
  const out = output[output.length - 1];
  return kind === 'conv' ? [out, kernel, kernel, input[2]] : [out, input[0]];
}

/** Returns the initial weights of a convolution or a linear layer. Biases start at 0. */
export function initialWeights(layer: Layer): Float32Array {
  const out = layer.output[layer.output.length - 1];
  return noise(layer.index + 1, out * fanIn(layer), Math.sqrt(3 / fanIn(layer)));
}

/** Returns pixels [batch, h, w, c], each between -1 and 1. */
export function images({ input }: Network, batch: number): Float32Array {
  return noise(
    0,
    input.reduce((product, size) => product * size, batch),
    1,
  );
}

export function labels({ classes }: Network, batch: number): number[] {
  return Array.from({ length: batch }, (_, i) => (7 * i) % classes);
}

/**
 * Returns pseudo-random numbers, uniform in ±bound. Each is a hash of its index, so every language
 * computes the same numbers. Source of the hash: Chris Wellons, "Prospecting for hash functions",
 * lowbias32.
 */
export function noise(seed: number, count: number, bound: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (i + Math.imul(seed, 0x9e3779b1)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x ^= x >>> 16;
    values[i] = bound * ((x >>> 0) / 2 ** 31 - 1);
  }
  return values;
}
