import { Flatten, Linear, ReLU, Sequential, type Rng } from 'boxprop';
import { lenet } from 'boxprop/models';

/** The kinds of networks that docs/lecture/fooling.md compares. */
export const KINDS = ['linear', 'fc100', 'fc200', 'lenet', 'adversarial'] as const;

/** The name of a kind of network. */
export type Kind = (typeof KINDS)[number];

/** The arguments of `network`. */
interface Options {
  readonly rng: Rng;
  readonly inputShape?: readonly [number, number, number];
  readonly classes?: number;
  readonly kind?: string;
}

/**
 * The networks of docs/lecture/fooling.md: a linear classifier, two with hidden layers of 100 and
 * 200 units, and LeNet with half of its filters and units, which is also the network of the adversarial training.
 */
export function network({
  rng,
  inputShape = [28, 28, 1],
  classes = 10,
  kind = 'lenet',
}: Options): Sequential {
  const pixels = inputShape[0] * inputShape[1] * inputShape[2];
  const hidden = (units: number) => [
    new Linear(pixels, units, { rng }),
    new ReLU(),
    new Linear(units, units, { rng }),
    new ReLU(),
    new Linear(units, classes, { rng }),
  ];
  const build: Readonly<Record<Kind, () => Sequential>> = {
    linear: () => new Sequential([new Flatten(), new Linear(pixels, classes, { rng })]),
    fc100: () => new Sequential([new Flatten(), ...hidden(100)]),
    fc200: () => new Sequential([new Flatten(), ...hidden(200)]),
    lenet: () => lenet({ rng, inputShape, classes, width: 0.5 }),
    adversarial: () => lenet({ rng, inputShape, classes, width: 0.5 }),
  };
  const known = KINDS.find((name) => name === kind);
  if (known === undefined) {
    throw new RangeError(`kind: expected one of ${KINDS.join(', ')}, got ${JSON.stringify(kind)}`);
  }
  return build[known]();
}
