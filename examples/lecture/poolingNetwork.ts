import {
  AvgPool2D,
  Conv2D,
  Flatten,
  Linear,
  LPPool2D,
  MaxPool2D,
  ReLU,
  Sequential,
  type Module,
} from 'boxprop';
import type { NetworkOptions } from 'boxprop/models';

interface Choice {
  /** The pooling after each convolution; `none` is a convolution of stride 2 without pooling. */
  readonly pool?: 'max' | 'average' | 'l2' | 'none';
}

// A stride rounds the size of an odd image up, and so must the pools.
const UP = { ceilMode: true };

// Three convolutions that differ only in the way in which they halve the image. The lecture's
// figures of docs/lecture/visualization.md and docs/lecture/pooling.md are of this network.
export function network(options: NetworkOptions & Choice): Module {
  const { rng, inputShape = [28, 28, 1], classes = 10, pool = 'max' } = options;
  const [height, width, channels] = inputShape;
  const pools = {
    max: () => [new MaxPool2D(2, UP)],
    average: () => [new AvgPool2D(2, UP)],
    l2: () => [new LPPool2D(2, 2, UP)],
    none: () => [],
  };
  const stride = pool === 'none' ? 2 : 1;
  const stage = (from: number, to: number, kernelSize: number) => [
    new Conv2D(from, to, kernelSize, { stride, padding: Math.floor(kernelSize / 2), rng }),
    new ReLU(),
    ...pools[pool](),
  ];
  const features = [...stage(channels, 16, 5), ...stage(16, 32, 5), ...stage(32, 48, 3)];
  const [rows, columns] = [height, width].map((side) => Math.ceil(side / 8));
  const scores = new Linear(rows * columns * 48, classes, { rng });
  return new Sequential([...features, new Flatten(), scores]);
}
