import { BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential } from 'boxprop';
import type { NetworkOptions } from 'boxprop/models';

interface Choice {
  /** The number of feature maps of the first convolution. */
  readonly maps?: number;
  readonly kernelSize?: number;
  /**
   * The number of convolutions. Each has half the resolution and twice the maps of the one before.
   */
  readonly depth?: number;
  readonly batchNorm?: boolean;
}

// The network whose depth, feature maps and batch norm examples/search.json varies.
export function network(options: NetworkOptions & Choice) {
  const { rng, inputShape = [28, 28, 1], classes = 10 } = options;
  const { maps = 8, kernelSize = 5, depth = 2, batchNorm = false } = options;
  const stages = Array.from({ length: depth }, (_, k) => {
    const [from, to] = [k === 0 ? inputShape[2] : maps * 2 ** (k - 1), maps * 2 ** k];
    const conv = new Conv2D(from, to, kernelSize, { padding: 'same', rng });
    return [conv, ...(batchNorm ? [new BatchNorm(to)] : []), new ReLU(), new MaxPool2D(2)];
  });
  const sides = inputShape.slice(0, 2).map((side) => Math.floor(side / 2 ** depth));
  const features = sides[0] * sides[1] * maps * 2 ** (depth - 1);
  return new Sequential([...stages.flat(), new Flatten(), new Linear(features, classes, { rng })]);
}
