import * as tf from '@tensorflow/tfjs';
import { startBackend } from './backend.ts';
import * as networks from './networks.ts';
import type { Setup, StepOptions, System } from './system.ts';

/**
 * tfjs-layers, the layers API of TensorFlow.js, on one of tfjs's backends. `trainOnBatch` trains
 * the model on tensors that are already in memory. The parts of a step cannot be timed separately.
 */
export async function tfjsLayers(setup: Setup): Promise<System> {
  await startBackend(setup);
  const { backend, batch } = setup;
  const table = networks.describe(setup.network, setup.side);
  const input = tf.input({ shape: [...table.input] });
  const model = tf.model({ inputs: input, outputs: chain(table.layers, input) });
  setWeights(model, table);
  const { MOMENTUM, DROPOUT } = networks;
  // tfjs-layers' own cross-entropy takes probabilities. This one takes scores: one fused, exact
  // step.
  const loss = (labels: tf.Tensor, scores: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(labels, scores);
  model.compile({ optimizer: tf.train.momentum(table.learningRate, MOMENTUM), loss });
  const images = tf.tensor(networks.images(table, batch), [batch, ...table.input]);
  const labels = tf.tidy(() => {
    const classes = tf.tensor1d(networks.labels(table, batch), 'int32');
    return tf.cast(tf.oneHot(classes, table.classes), 'float32');
  });
  const dropouts = model.layers.filter((layer) => layer.getClassName() === 'Dropout');
  const asynchronous = backend === 'webgl' || backend === 'webgpu';

  async function step({ dropout }: StepOptions) {
    for (const layer of dropouts) Object.assign(layer, { rate: dropout ? DROPOUT : 0 });
    const start = performance.now();
    const value = await model.trainOnBatch(images, labels);
    if (asynchronous) await model.trainableWeights[0].read().data();
    return { loss: Number(value), step: performance.now() - start };
  }

  return {
    name: `tfjs-layers ${tf.version['tfjs-layers']}`,
    backend,
    asynchronous,
    step,
    parameters: model.trainableWeights.reduce(
      (total, { shape }) =>
        total + shape.reduce<number>((product, size) => product * Number(size), 1),
      0,
    ),
    liveTensors: () => tf.memory().numTensors,
  };
}

function chain(layers: readonly networks.Layer[], input: tf.SymbolicTensor): tf.SymbolicTensor {
  return layers.reduce((x, layer) => place(layer, x), input);
}

function place(layer: networks.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor {
  const { kind, kernel, stride, padding, output, input, bias } = layer;
  const out = output[output.length - 1];
  const apply = (made: tf.layers.Layer) => made.apply(x) as tf.SymbolicTensor;
  // Zeros are quick to make, and setWeights replaces them at once.
  const start = { kernelInitializer: 'zeros', biasInitializer: 'zeros', useBias: bias } as const;
  switch (kind) {
    case 'conv': {
      // tfjs's 'same' pads both sides equally only if the stride is 1.
      const same = stride === 1 && 2 * padding === kernel - 1 && padding > 0;
      const border: [number, number] = [padding, padding];
      if (padding > 0 && !same) x = apply(tf.layers.zeroPadding2d({ padding: [border, border] }));
      const filter = {
        filters: out,
        kernelSize: kernel,
        strides: stride,
        padding: same ? 'same' : 'valid',
      } as const;
      return apply(tf.layers.conv2d({ ...filter, ...start }));
    }
    case 'linear':
      return apply(tf.layers.dense({ units: out, ...start }));
    case 'maxPool':
      if (padding > 0) throw new Error('pads max pools on one side only');
      return apply(tf.layers.maxPooling2d({ poolSize: kernel, strides: stride }));
    case 'batchNorm':
      return apply(
        tf.layers.batchNormalization({ epsilon: networks.BATCH_NORM_EPS, momentum: 0.9 }),
      );
    case 'residual': {
      const branches = [chain(layer.body, x), chain(layer.shortcut, x)];
      return tf.layers.add().apply(branches) as tf.SymbolicTensor;
    }
    case 'subsample':
      return apply(new Subsample(stride, out - input[2], output));
    case 'lrn':
      return apply(new LocalResponseNorm());
    case 'relu':
      return apply(tf.layers.reLU());
    case 'dropout':
      return apply(tf.layers.dropout({ rate: networks.DROPOUT }));
    case 'mean':
      return apply(tf.layers.globalAveragePooling2d({}));
    case 'flatten':
      return apply(tf.layers.flatten());
  }
}

/**
 * Local response normalization. tfjs-layers has no such layer, but tfjs has the op and its
 * gradient.
 */
class LocalResponseNorm extends tf.layers.Layer {
  static readonly className = 'LocalResponseNorm';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { size, k, alpha, beta } = networks.LRN;
    const x: tf.Tensor4D = only(inputs);
    return tf.localResponseNormalization(x, (size - 1) / 2, k, alpha / size, beta);
  }
}

/** Takes every second pixel and appends channels of zeros. */
class Subsample extends tf.layers.Layer {
  static readonly className = 'Subsample';
  readonly stride: number;
  readonly more: number;
  readonly output2d: readonly number[];

  constructor(stride: number, more: number, output: readonly number[]) {
    super({});
    this.stride = stride;
    this.more = more;
    this.output2d = output;
  }

  override computeOutputShape([batch]: tf.Shape): tf.Shape {
    return [batch, ...this.output2d];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x: tf.Tensor4D = only(inputs);
    // Pooling over 1x1 windows picks the pixels, because tfjs has no gradient for a strided slice.
    return tf.tidy(() => tf.pad(tf.avgPool(x, 1, this.stride, 'valid'), [[0, 0], [0, 0], [0, 0], [0, this.more]])); // prettier-ignore
  }
}

function only(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor4D {
  return (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
}

function setWeights(model: tf.LayersModel, { layers }: networks.Network): void {
  const kernels = model.trainableWeights.filter(({ shape }) => shape.length > 1);
  networks.weighted(layers).forEach((layer, i) => {
    const values = tf.tidy(() => {
      const drawn = tf.tensor(networks.initialWeights(layer), networks.weightShape(layer));
      return tf.transpose(drawn, layer.kind === 'conv' ? [1, 2, 3, 0] : [1, 0]);
    });
    kernels[i].write(values);
    values.dispose();
  });
}
