import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { readFileSync } from 'node:fs';
import * as networks from './networks.ts';
import type { Setup, System } from './system.ts';

type Array = np.Array;

/**
 * jax-js on its wasm backend. A step is one compiled function from weights to new weights, which is
 * jax-js's fastest form. The parts of a step cannot be timed separately.
 *
 * Errors: a network with a layer that LeNet does not have.
 */
export async function jaxJs({ batch, ...setup }: Setup): Promise<System> {
  await init('wasm');
  defaultDevice('wasm');
  const table = networks.describe(setup.network, setup.side);
  const { MOMENTUM } = networks;

  // jax-js disposes an array when it is used; `ref` keeps the array for another use.
  const loss = (weights: Array[], images: Array, target: Array) => {
    const unused = [...weights];
    const scores = table.layers.reduce((x, layer) => apply(layer, x, unused), images);
    return nn
      .logSoftmax(scores)
      .mul(target)
      .sum()
      .mul(-1 / batch);
  };
  const update = jit((weights: Array[], velocities: Array[], images: Array, target: Array) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(weights), images, target);
    const moved = velocities.map((velocity, i) => velocity.mul(MOMENTUM).add(grads[i]));
    return [
      value,
      weights.map((weight, i) => weight.sub(moved[i].ref.mul(table.learningRate))),
      moved,
    ] as const;
  });

  let weights = networks
    .weighted(table.layers)
    .flatMap((layer, i, all) => start(layer, all[i - 1]));
  const parameters = weights.reduce((total, { size }) => total + size, 0);
  let velocities = weights.map(({ shape }) => np.zeros(shape));
  const pixels = np.array(networks.images(table, batch)).reshape([batch, ...table.input]);
  const images = np.transpose(pixels, [0, 3, 1, 2]);
  const target = nn.oneHot(
    np.array(networks.labels(table, batch), { dtype: np.int32 }),
    table.classes,
  );
  await blockUntilReady([images.ref, target.ref]);

  async function step() {
    const start = performance.now();
    const [value, nextWeights, nextVelocities] = update(
      weights,
      velocities,
      images.ref,
      target.ref,
    );
    [weights, velocities] = [nextWeights, nextVelocities];
    await blockUntilReady([weights, velocities]);
    const [loss] = (await value.data()) as Float32Array;
    return { loss, step: performance.now() - start };
  }

  return { name: `jax-js ${version()}`, backend: 'wasm', parameters, step };
}

function apply(
  { kind, kernel, stride, padding, output }: networks.Layer,
  x: Array,
  weights: Array[],
): Array {
  const [batch] = x.shape;
  const [height, width, channels] = output;
  const border: [number, number] = [padding, padding];
  if (kind === 'conv') {
    const [weight, bias] = weights.splice(0, 2);
    return lax
      .conv(x, weight, [stride, stride], [border, border])
      .add(bias.reshape([channels, 1, 1]));
  }
  if (kind === 'linear') {
    const [weight, bias] = weights.splice(0, 2);
    return np.matmul(x, np.transpose(weight)).add(bias);
  }
  if (kind === 'maxPool' && kernel === stride && padding === 0) {
    return np.max(x.reshape([batch, channels, height, kernel, width, kernel]), [3, 5]);
  }
  if (kind === 'relu') return nn.relu(x);
  if (kind === 'flatten') return x.reshape([batch, -1]);
  if (kind === 'mean') return np.mean(x, [2, 3]);
  throw new Error(`${kind} is not written for jax-js here`);
}

/** Returns the initial weight and bias of a layer, in the [C, H, W] layout of jax-js. */
function start(layer: networks.Layer, before?: networks.Layer): Array[] {
  const [out, ...rest] = networks.weightShape(layer);
  const drawn = np.array(networks.initialWeights(layer));
  const bias = np.zeros([out]);
  if (layer.kind === 'conv')
    return [np.transpose(drawn.reshape([out, ...rest]), [0, 3, 1, 2]), bias];
  if (before?.kind !== 'conv') return [drawn.reshape([out, ...rest]), bias];
  // After a convolution, jax-js flattens [C, H, W] and not [H, W, C], so the weights are reordered.
  // The pools have left images of `side` x `side`.
  const channels = before.output[2];
  const side = Math.sqrt(rest[0] / channels);
  const images = np.transpose(drawn.reshape([out, side, side, channels]), [0, 3, 1, 2]);
  return [images.reshape([out, rest[0]]), bias];
}

function version(): string {
  const file = new URL('../package.json', import.meta.resolve('@jax-js/jax'));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
