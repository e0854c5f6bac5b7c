import { createRequire } from 'node:module';
import * as networks from './networks.ts';
import type { Setup, StepOptions, System } from './system.ts';

/** The types of the part of ConvNetJS that the benchmark uses. The package itself has no types. */
interface ConvNetJS {
  readonly Vol: new (width: number, height: number, depth: number, value: number) => Vol;
  readonly Net: new () => Net;
  readonly Trainer: new (
    net: Net,
    options: object,
  ) => { train(x: Vol, label: number): { loss: number } };
}

interface Vol {
  w: ArrayLike<number>;
}

interface Net {
  readonly layers: readonly { readonly layer_type: string; drop_prob: number }[];
  makeLayers(definitions: readonly object[]): void;
  forward(x: Vol, training: boolean): Vol;
  backward(label: number): number;
  getParamsAndGrads(): { params: number[] | Float64Array }[];
}

/**
 * ConvNetJS: plain JavaScript in double precision, one image at a time. Its first convolution
 * always computes the gradient of the image too, because that cannot be switched off.
 *
 * Errors: a network with a layer that ConvNetJS does not have.
 */
export function convnetjs({ batch, ...setup }: Setup): Promise<System> {
  const load = createRequire(import.meta.url);
  const { Vol, Net, Trainer } = load('convnetjs') as ConvNetJS;
  const { version } = load('convnetjs/package.json') as { version: string };
  const table = networks.describe(setup.network, setup.side);
  const [height, width, depth] = table.input;
  const net = new Net();
  const input = { type: 'input', out_sx: width, out_sy: height, out_depth: depth };
  net.makeLayers([input, ...table.layers.slice(0, -1).flatMap(definition), softmax(table)]);
  const lists = net.getParamsAndGrads();
  const weights = networks
    .weighted(table.layers)
    .flatMap((layer) => perUnit(layer, networks.initialWeights(layer)));
  lists.forEach(({ params }, i) => {
    for (let j = 0; j < params.length; j++) params[j] = weights[i]?.[j] ?? 0;
  });
  const pixels = networks.images(table, batch);
  const size = height * width * depth;
  const images = Array.from({ length: batch }, (_, n) => {
    const image = new Vol(width, height, depth, 0);
    image.w = Float64Array.from(pixels.subarray(n * size, (n + 1) * size));
    return image;
  });
  const labels = networks.labels(table, batch);
  const { MOMENTUM: momentum, DROPOUT } = networks;
  const learning_rate = table.learningRate;
  const trainer = new Trainer(net, { method: 'sgd', learning_rate, momentum, batch_size: batch });

  // `train` runs a whole step, so the network's `forward` and `backward` are wrapped to be timed.
  const spent = { forward: 0, backward: 0 };
  const [forward, backward] = [net.forward.bind(net), net.backward.bind(net)];
  net.forward = (x, training) => timed('forward', () => forward(x, training));
  net.backward = (label) => timed('backward', () => backward(label));
  function timed<T>(part: keyof typeof spent, run: () => T): T {
    const start = performance.now();
    const result = run();
    spent[part] += performance.now() - start;
    return result;
  }

  function step({ dropout }: StepOptions) {
    for (const layer of net.layers) {
      if (layer.layer_type === 'dropout') layer.drop_prob = dropout ? DROPOUT : 0;
    }
    Object.assign(spent, { forward: 0, backward: 0 });
    const start = performance.now();
    const losses = images.map((image, n) => trainer.train(image, labels[n]).loss);
    const step = performance.now() - start;
    const loss = losses.reduce((total, value) => total + value) / batch;
    return Promise.resolve({ loss, step, ...spent, update: step - spent.forward - spent.backward });
  }

  const parameters = lists.reduce((total, { params }) => total + params.length, 0);
  return Promise.resolve({ name: `ConvNetJS ${version}`, backend: 'JavaScript', parameters, step });
}

function definition({ kind, kernel, stride, padding, output }: networks.Layer): object[] {
  const out = output[output.length - 1];
  const { k, size: n, alpha, beta } = networks.LRN;
  switch (kind) {
    case 'conv':
      return [{ type: 'conv', sx: kernel, filters: out, stride, pad: padding }];
    case 'maxPool':
      if (padding > 0) throw new Error('pads max pools with zeros');
      return [{ type: 'pool', sx: kernel, stride }];
    case 'linear':
      return [{ type: 'fc', num_neurons: out }];
    case 'relu':
      return [{ type: 'relu' }];
    case 'dropout':
      return [{ type: 'dropout', drop_prob: networks.DROPOUT }];
    case 'lrn':
      return [{ type: 'lrn', k, n, alpha, beta }];
    case 'flatten':
      return [];
    default:
      throw new Error(`has no layer ${kind}`);
  }
}

/** The last layer. ConvNetJS's softmax layer contains the linear layer before it. */
function softmax({ classes }: networks.Network): object {
  return { type: 'softmax', num_classes: classes };
}

/**
 * Returns the weights in the order of ConvNetJS's lists: one per unit or filter, then undefined for
 * the biases, which start at 0.
 */
function perUnit(layer: networks.Layer, weights: Float32Array): (Float32Array | undefined)[] {
  const fan = networks.fanIn(layer);
  const units = Array.from({ length: weights.length / fan }, (_, i) =>
    weights.subarray(i * fan, (i + 1) * fan),
  );
  return [...units, undefined];
}
