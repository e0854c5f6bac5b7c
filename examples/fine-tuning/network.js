import { BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential } from 'boxprop';

/** Features, and a head with one output per class. The names are those of the parameters too. */
export function build(classes, rng) {
  const features = new Sequential([
    new Conv2D(1, 8, 5, { padding: 'same', rng }),
    new BatchNorm(8),
    new ReLU(),
    new MaxPool2D(2),
    new Conv2D(8, 16, 5, { padding: 'same', rng }),
    new BatchNorm(16),
    new ReLU(),
    new MaxPool2D(2),
    new Flatten(),
  ]);
  const head = new Linear(16 * 7 * 7, classes, { rng });
  return new Sequential({ features, head });
}
