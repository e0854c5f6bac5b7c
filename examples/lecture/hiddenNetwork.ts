import {
  BatchNorm,
  Dropout,
  Flatten,
  Linear,
  ReLU,
  Sequential,
  Sigmoid,
  Tanh,
  type Box,
  type Rng,
} from 'boxprop';

/** The arguments of `network`. */
interface Options {
  readonly rng: Rng;
  readonly inputShape?: readonly number[];
  readonly classes?: number;
  /** The kind of the hidden layers. */
  readonly kind?: string;
}

/** Three hidden layers of 64 units, for docs/lecture/good-and-bad-training.md. */
export function network({
  rng,
  inputShape = [28, 28, 1],
  classes = 10,
  kind = 'relu',
}: Options): Sequential {
  const nonlinear: Readonly<Record<string, () => Box[]>> = {
    sigmoid: () => [new Sigmoid()],
    tanh: () => [new Tanh()],
    relu: () => [new ReLU()],
    dropout: () => [new ReLU(), new Dropout()],
    batchNorm: () => [new BatchNorm(64), new ReLU()],
    badStart: () => [new Tanh()],
  };
  if (!Object.hasOwn(nonlinear, kind)) {
    const kinds = Object.keys(nonlinear).join(', ');
    throw new RangeError(`kind: expected one of ${kinds}, got ${JSON.stringify(kind)}`);
  }
  // The bad start: weights of variance 1, so that the 64 or 784 terms of a sum saturate the unit.
  const init = (shape: readonly number[]) =>
    rng.normals(shape.reduce((product, size) => product * size, 1));
  const options = { rng, ...(kind === 'badStart' && { init }) };
  const layer = (from: number): Box[] => [new Linear(from, 64, options), ...nonlinear[kind]()];
  const pixels = inputShape.reduce((product, size) => product * size, 1);
  return new Sequential([
    new Flatten(),
    ...layer(pixels),
    ...layer(64),
    ...layer(64),
    new Linear(64, classes, { rng }),
  ]);
}
