import { Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential, type Module } from 'boxprop';
import type { NetworkOptions } from 'boxprop/models';

// One convolution of 9x9 filters, which are large enough to look at and to fit. The lecture's
// figures of docs/lecture/human-and-machine.md are of this network.
export function network({ rng, inputShape = [28, 28, 1], classes = 10 }: NetworkOptions): Module {
  const [height, width, channels] = inputShape;
  const [rows, columns] = [height, width].map((side) => Math.floor((side - 8) / 4));
  return new Sequential([
    new Conv2D(channels, 16, 9, { rng }),
    new ReLU(),
    new MaxPool2D(4),
    new Flatten(),
    new Linear(rows * columns * 16, classes, { rng }),
  ]);
}
