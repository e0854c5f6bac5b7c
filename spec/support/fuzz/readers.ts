/**
 * The readers that `npm run fuzz` tries, with small valid files.
 */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { readSpace } from '../../../cli/searchSpace.ts';
import { packageVersion } from '../../../cli/manifest.ts';
import { resumeSearch } from '../../../cli/openSearch.ts';
import { readRun } from '../../../cli/runFolder.ts';
import { readWeightsFile } from '../../../cli/weightsFile.ts';
import { loadCifar } from '../../../data/cifar.ts';
import { loadCsv } from '../../../data/csv.ts';
import type { ArrayDataset } from '../../../data/dataset.ts';
import { loadImage, type PixelImage } from '../../../data/image.ts';
import { loadMnist } from '../../../data/mnist.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsTensor,
} from '../../../formats/safetensors/safetensors.ts';
import { DTYPES } from '../../../formats/safetensors/dtypes.ts';
import { loadOnnx } from '../../../formats/onnx/onnxFile.ts';
import { encodeModel } from '../../../formats/onnx/proto.ts';
import { toOnnx } from '../../../formats/onnx/toOnnx.ts';
import { withTensorFile } from '../../../formats/withTensorFile.ts';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import { numElements } from '../../../lib/shapes.ts';
import {
  BatchNorm,
  Conv2D,
  Flatten,
  Linear,
  MaxPool2D,
  ReLU,
  Sequential,
  Softmax,
} from '../../../modules/index.ts';
import { Rng } from '../../../lib/rng.ts';
import { SoftmaxCrossEntropy } from '../../../losses/softmaxCrossEntropy.ts';
import { Adam } from '../../../optim/adam.ts';
import { loadCheckpoint, saveCheckpoint } from '../../../train/checkpoint.ts';
import { sortLines } from '../../../report/runLines.ts';
import { readLog } from '../../../train/runLog.ts';
import { Trainer } from '../../../train/trainer.ts';
import {
  attribute,
  floats,
  integers,
  model as onnxModel,
  node as onnxNode,
  tensorOf as onnxTensor,
  value as onnxValue,
} from '../onnxModel.ts';
import { ROOT } from '../runCommand.ts';
import { membersOf, storedZip } from '../storedZip.ts';
import { torchFile } from '../torchFile.ts';
import { perceptron, xor } from '../toy.ts';
import type { FilePart, FuzzReader, JsonDocument } from './reader.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const json = (value: unknown) => utf8(JSON.stringify(value));

/** A file that is one JSON text. */
const wholeFile = (sample: Uint8Array): JsonDocument[] => [
  { text: textOf(sample), embed: (text) => utf8(text) },
];

/** A file with one JSON text per line. */
function eachLine(sample: Uint8Array): JsonDocument[] {
  const lines = textOf(sample).trimEnd().split('\n');
  return lines.map((text, k) => ({
    text,
    embed: (changed) =>
      utf8(`${[...lines.slice(0, k), changed, ...lines.slice(k + 1)].join('\n')}\n`),
  }));
}

/** The header of a safetensors file. */
function header(sample: Uint8Array): JsonDocument[] {
  const view = new DataView(sample.buffer, sample.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const embed = (text: string) => {
    const bytes = utf8(text);
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(bytes.length), true);
    return Uint8Array.from([...size, ...bytes, ...sample.subarray(8 + length)]);
  };
  return [{ text: textOf(sample.subarray(8, 8 + length)), embed }];
}

/** The entries of the metadata of a safetensors file that are JSON. */
function metadata(sample: Uint8Array): JsonDocument[] {
  const { tensors, metadata } = decodeSafetensors(sample, 'sample');
  return Object.entries(metadata).flatMap(([key, text]) => {
    if (!text.startsWith('{') && !text.startsWith('[')) return [];
    const embed = (changed: string) => encodeSafetensors(tensors, { ...metadata, [key]: changed });
    return [{ text, embed }];
  });
}

function tensorProblem({ tensors }: Safetensors): string | undefined {
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) return `${name}: ${data.length} values for [${shape.join(', ')}]`;
  }
  return undefined;
}

interface Opened {
  readonly size: number;
  readonly tensors: readonly SafetensorsTensor[];
}

/** Opens a file of weights, and reads all tensors, up to 100. */
function readAll(file: string): Promise<Opened> {
  return withTensorFile(file, async ({ entries, read }) => {
    const tensors: SafetensorsTensor[] = [];
    for (const entry of [...entries.values()].slice(0, 100)) tensors.push(await read(entry));
    return { size: statSync(file).size, tensors };
  });
}

function openedProblem({ size, tensors }: Opened): string | undefined {
  for (const { dtype, shape, data } of tensors) {
    const count = shape.reduce((product, length) => product * length, 1);
    if (count !== data.length) return `${data.length} values for [${shape.join(', ')}]`;
    if (count * DTYPES[dtype].bytes > size) return `${count} of ${dtype} out of ${size} bytes`;
  }
  return undefined;
}

/** The pickle of a zip file of PyTorch. */
function pickleOf(sample: Uint8Array): FilePart[] {
  if (sample[0] !== 0x50) return [];
  const members = membersOf(sample);
  return members
    .filter(({ name }) => name.endsWith('/data.pkl'))
    .map((pickle) => ({
      bytes: pickle.bytes,
      embed: (bytes) =>
        storedZip(members.map((member) => (member === pickle ? { ...pickle, bytes } : member))),
    }));
}

const torchSample = (name: string) =>
  new Uint8Array(readFileSync(join(ROOT, 'spec/fixtures/torch', name)));

function datasetProblem(value: unknown): string | undefined {
  for (const part of Object.values(value as Record<string, ArrayDataset>)) {
    const { inputs, inputShape, labels, classes, length } = part;
    const size = inputShape.reduce((product, side) => product * side, length);
    if (inputs.length !== size) return `${inputs.length} inputs for ${size}`;
    if (!inputs.every((input) => Number.isFinite(input))) return 'an input is not finite';
    if (!labels.every((label) => label >= 0 && label < classes)) return 'a label is no class';
  }
  return undefined;
}

function imageProblem({ height, width, channels, data }: PixelImage): string | undefined {
  return data.length === height * width * channels
    ? undefined
    : `${data.length} bytes for ${height}x${width}x${channels}`;
}

/** An IDX file of bytes. */
function idx(shape: readonly number[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  head.setUint32(0, (0x08 << 8) | shape.length);
  shape.forEach((size, axis) => head.setUint32(4 + 4 * axis, size));
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 10);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...values]);
}

/** Some examples of CIFAR-10's binary format. */
const cifarExamples = (count: number) =>
  Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? i % 10 : i % 251));

/** The files of a checkpoint after one epoch. */
async function checkpoints(folder: string): Promise<Uint8Array[]> {
  await useBackend('cpu');
  const file = join(folder, 'checkpoint.safetensors');
  const network = perceptron(0);
  const optimizer = new Adam(network.params, { learningRate: 0.01 });
  const checkpoint = () => saveCheckpoint(file, { network, optimizer, progress: trainer.progress });
  const trainer: Trainer = new Trainer({
    network,
    optimizer,
    checkpoint,
    epochs: 2,
    cost: new SoftmaxCrossEntropy(),
    train: xor(),
    validation: xor(),
    batchSize: 12,
    rng: new Rng(0),
  });
  await trainer.run();
  return [readFileSync(file)];
}

/** Copies a file into a folder of its own, beside other files. */
function placed(file: string, folder: string, name: string, others: Record<string, Uint8Array>) {
  const own = join(dirname(file), folder);
  // The other files stay as they are, so they are written once.
  if (mkdirSync(own, { recursive: true }) !== undefined)
    for (const [other, bytes] of Object.entries(others)) writeFileSync(join(own, other), bytes);
  mkdirSync(dirname(join(own, name)), { recursive: true });
  copyFileSync(file, join(own, name));
  return own;
}

const SPACE = {
  network: 'lenet',
  limit: 300,
  epochs: 2,
  batchSize: 32,
  preprocess: ['pad:2', 'standardize'],
  learningRate: { low: 0.003, high: 0.3, log: true },
  momentum: { choices: [0, 0.9] },
  optimizer: { choices: ['sgd', 'adam'] },
};

const RUN = {
  network: 'lenet',
  epochs: 2,
  batchSize: 32,
  learningRate: 0.02,
  momentum: 0.9,
  weightDecay: 1e-4,
  optimizer: 'sgd',
  schedule: 'cosine',
  seed: 3,
  preprocess: ['pad:2'],
  nesterov: true,
  backend: 'cpu',
};

/** The options of a search, as `search.json` keeps them. */
const PLAN = {
  version: packageVersion(),
  file: 'space.json',
  base: { network: 'lenet', limit: 300, epochs: 2, batchSize: 32 },
  space: {
    learningRate: SPACE.learningRate,
    momentum: SPACE.momentum,
    optimizer: SPACE.optimizer,
  },
  method: 'random',
  trials: 2,
  examples: 100,
  fingerprint: 'e3b0c44298fc1c149afbf4c8996fb924',
  folds: 2,
  seed: 0,
  ahead: 1,
  lease: 60,
};

const STORED = { 'search.json': json(PLAN) };

const FIGURES = { loss: 2.3, errorRate: 0.5 };
const LOG = [
  { type: 'step', step: 0, loss: 2.3, learningRate: 0.02 },
  {
    type: 'epoch',
    step: 1,
    epoch: 1,
    train: FIGURES,
    validation: FIGURES,
    learningRate: 0.01,
    boxes: [{ path: 'conv1', weight: 1.5, gradient: 0.5, update: 0.25 }],
  },
  { type: 'failed', step: 2, message: 'the loss is not finite' },
];

/** A network that has been exported, and one with the operators of other exporters. */
async function onnxSamples(): Promise<Uint8Array[]> {
  await useBackend('cpu');
  const init = (shape: readonly number[]) => new Float32Array(numElements(shape)).fill(0.5);
  const network = new Sequential([
    new Conv2D(2, 3, 2, { init, padding: 1 }),
    new BatchNorm(3),
    new ReLU(),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(12, 2, { init }),
    new Softmax(),
  ]);
  const parts: Uint8Array[] = [];
  for await (const part of encodeModel(toOnnx(network, { inputShape: [3, 3, 2] })))
    parts.push(Uint8Array.from(part));
  network.dispose();
  const images = new Uint8Array(readFileSync(join(ROOT, 'spec/fixtures/onnx/images.onnx')));
  return [Uint8Array.from(Buffer.concat(parts)), images, partsSample()];
}

/** A network of the operators that take parts of a value, repeat it, or multiply two values. */
function partsSample(): Uint8Array {
  const list = (name: string, ...values: number[]) =>
    onnxTensor(name, [values.length], integers(...values), 7);
  const nodes = [
    onnxNode('Split', ['x', 'two'], ['a', 'b'], attribute('axis', 1)),
    onnxNode('Slice', ['a', 'one', 'far', 'last', 'one'], ['s']),
    onnxNode('Gather', ['b', 'back'], ['g'], attribute('axis', 2)),
    onnxNode('Transpose', ['g'], ['t'], attribute('perm', [0, 2, 1])),
    onnxNode('MatMul', ['t', 's'], ['m']),
    onnxNode('Reshape', ['m', 'joined'], ['j']),
    onnxNode('Reshape', ['j', 'apart'], ['r']),
    onnxNode('Concat', ['r', 'w'], ['c'], attribute('axis', 1)),
    onnxNode('ReduceMean', ['c', 'one'], ['mean']),
    onnxNode('Sub', ['c', 'mean'], ['d']),
    onnxNode('Pad', ['d', 'pads'], ['p']),
    onnxNode('Tile', ['p', 'times'], ['tiled']),
    onnxNode('ReduceLogSumExp', ['tiled', 'one'], ['y']),
  ];
  const tensors = [
    ...[list('one', 1), list('last', 2), list('two', 2, 2), list('far', 9e15), list('back', 1, 0)],
    ...[list('joined', -1, 3), list('apart', -1, 2, 3), list('pads', 0, -1, 0, 0, 0, 1)],
    ...[list('times', 1, 2, 1), onnxTensor('w', [1, 1, 3], floats(1, 2, 3))],
  ];
  return onnxModel(
    [
      ...nodes.map((one) => [1, one] as const),
      ...tensors.map((one) => [5, one] as const),
      [11, onnxValue('x', 'N', 4, 4)],
      [12, onnxValue('y', 'N', 1, 4)],
    ],
    18,
  );
}

/** Imports a network, and lists its parameters. */
async function readOnnx(file: string): Promise<Opened> {
  await useBackend('cpu');
  const network = await loadOnnx(file);
  const tensors = Object.values(network.params).map((param) => {
    const data = Float32Array.from(param.dataSync());
    return { dtype: 'F32' as const, shape: param.shape, data };
  });
  network.dispose();
  // Half precision has half the bytes in the file.
  return { size: 2 * statSync(file).size, tensors };
}

/** The readers. The keys are their names on the command line of `npm run fuzz`. */
export const readers: Readonly<Record<string, FuzzReader>> = {
  safetensors: {
    ending: '.safetensors',
    samples: () => [
      encodeSafetensors(
        {
          weight: { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
          count: { dtype: 'I64', shape: [], data: BigInt64Array.of(5n) },
          empty: { dtype: 'U8', shape: [0, 4], data: new Uint8Array() },
        },
        { network: 'lenet' },
      ),
    ],
    documents: header,
    read: (file) => Promise.resolve(decodeSafetensors(readFileSync(file), file)),
    problem: (value) => tensorProblem(value as Safetensors),
  },
  torch: {
    ending: '.pth',
    samples: () => [
      // Its integers have four bytes, so that mutants often have large ones.
      torchFile(
        {
          weight: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
          bias: { shape: [2], data: Float32Array.of(7, 8) },
        },
        ['state_dict'],
      ),
      ...[
        ...['parameters.pth', 'views.pth', 'ema.pth', 'nested.pth', 'checkpoint.pth'],
        ...['plain.legacy.pth', 'views.legacy.pth', 'checkpoint.legacy.pth'],
      ].map(torchSample),
    ],
    parts: pickleOf,
    mebibytes: 128,
    read: readAll,
    problem: (value) => openedProblem(value as Opened),
  },
  onnx: {
    ending: '.onnx',
    samples: onnxSamples,
    mebibytes: 256,
    read: readOnnx,
    problem: (value) => openedProblem(value as Opened),
  },
  weights: {
    ending: '.safetensors',
    samples: () => [
      encodeSafetensors(
        { 'conv1.weight': { dtype: 'F32', shape: [1], data: Float32Array.of(1) } },
        {
          network: 'lenet',
          metadataVersion: '1',
          data: JSON.stringify({
            inputShape: [28, 28, 1],
            classes: 3,
            classNames: ['a', 'b', 'c'],
            pixels: true,
          }),
          preparation: JSON.stringify([
            { pad: 2 },
            { crop: [20, 20] },
            { standardize: { mean: [0.5], std: [0.25] } },
          ]),
        },
      ),
    ],
    documents: metadata,
    read: (file) => readWeightsFile(file),
  },
  checkpoint: {
    ending: '.safetensors',
    samples: checkpoints,
    documents: metadata,
    async read(file) {
      const network = perceptron(0);
      const optimizer = new Adam(network.params, { learningRate: 0.01 });
      try {
        return await loadCheckpoint(file, { network, optimizer });
      } finally {
        optimizer.dispose();
        disposeTensors([network.params]);
      }
    },
  },
  idx: {
    ending: '.idx',
    samples: () => [idx([3, 4, 5]), Uint8Array.from(gzipSync(idx([3, 4, 5])))],
    async read(file) {
      const labels = idx([3]);
      const others = {
        'train-labels-idx1-ubyte': labels,
        't10k-labels-idx1-ubyte': labels,
        't10k-images-idx3-ubyte': idx([3, 4, 5]),
      };
      const isGzip = readFileSync(file)[0] === 0x1f;
      const name = `train-images-idx3-ubyte${isGzip ? '.gz' : ''}`;
      return loadMnist({ directory: placed(file, isGzip ? 'gz' : 'plain', name, others) });
    },
    problem: datasetProblem,
  },
  csv: {
    ending: '.csv',
    samples: () => [
      utf8('width,length,label\n1,2,a\n-3.5,4e1,b\n0.25,6,"a"\n'),
      utf8('\ufeffa;b;label\r\n1,5;2;x y\r\n3;4;"z;""z"""\r\n'.replace('1,5', '1.5')),
      utf8('label\tx\n0\t1\n1\t2\n10\t3\n'),
    ],
    read: async (file) => ({ data: await loadCsv(file) }),
    problem: datasetProblem,
  },
  cifar: {
    ending: '.bin',
    samples: () => [cifarExamples(2)],
    read(file) {
      const part = cifarExamples(1);
      const others = Object.fromEntries(
        [2, 3, 4, 5].map((k) => [`data_batch_${k}.bin`, part] as const),
      );
      const all = { ...others, 'test_batch.bin': part };
      return loadCifar(placed(file, 'cifar', 'data_batch_1.bin', all));
    },
    problem: datasetProblem,
  },
  image: {
    ending: '.img',
    async samples() {
      const raw = { width: 7, height: 5, channels: 3 } as const;
      const noise = Uint8Array.from({ length: 105 }, (_, i) => (i * 97) % 256);
      const picture = () => sharp(noise, { raw });
      const pictures = [
        picture().png(),
        picture().png({ palette: true }),
        picture().jpeg(),
        picture().toColourspace('cmyk').jpeg(),
        picture().greyscale().jpeg({ progressive: true }),
      ];
      return Promise.all(pictures.map(async (one) => Uint8Array.from(await one.toBuffer())));
    },
    // The largest image that a header may ask for, 100 million pixels, takes 300 MB in the decoder
    // and 300 MB in the result.
    mebibytes: 1024,
    read: (file) => loadImage(file),
    problem: (value) => imageProblem(value as PixelImage),
  },
  config: {
    ending: '.json',
    samples: () => [json(RUN)],
    documents: wholeFile,
    // A list of one value may be the value itself.
    untyped: /^preprocess$/,
    read: (file) => {
      const run = placed(file, 'run', 'config.json', {});
      return readRun(run, { option: '--resume', remedy: 'train' });
    },
  },
  log: {
    ending: '.jsonl',
    samples: () => [LOG.map((line) => JSON.stringify(line)).join('\n')].map(utf8),
    documents: eachLine,
    // The message of a failure is only for people, and JSON writes a root mean square that is not
    // finite as null.
    untyped: /^message$|^boxes\.\d+\.(weight|gradient|update)$/,
    read: async (file) => sortLines(await readLog(file)),
  },
  space: {
    ending: '.json',
    samples: () => [json(SPACE)],
    documents: wholeFile,
    // A dimension may be a value, and a list of one value the value itself.
    untyped: /^(learningRate|momentum|optimizer|preprocess)$/,
    read: (file) => readSpace(file),
  },
  searchPlan: {
    ending: '.json',
    samples: () => [json(PLAN)],
    documents: wholeFile,
    // The value of an option, or of a dimension, may have another type, such as a name.
    untyped: /^(base|space)\./,
    read: (file) => resumeSearch(placed(file, 'plan', 'search.json', {})),
  },
  searchPoint: {
    ending: '.json',
    samples: () => [json({ learningRate: 0.01, momentum: 0, optimizer: 'sgd' })],
    documents: wholeFile,
    read: (file) => resumeSearch(placed(file, 'point', 'trials/trial-1.json', STORED)),
  },
  searchFold: {
    ending: '.json',
    samples: () => [
      json({ errors: 3, examples: 10, loss: 0.7, seconds: 2, process: '7 of node1' }),
      json({ failed: 'loss is not finite', process: '7 of node1' }),
    ],
    documents: wholeFile,
    // JSON writes a loss that is not finite as null.
    untyped: /^loss$/,
    read: (file) => resumeSearch(placed(file, 'fold', 'trials/trial-1.fold-2.json', STORED)),
  },
};
