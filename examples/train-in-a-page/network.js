import { Linear, ReLU, Rng, Sequential } from 'boxprop';

/** The network of the page and of the worker. */
export function buildNetwork() {
  const rng = new Rng(0);
  return new Sequential([
    new Linear(2, 256, { rng }),
    new ReLU(),
    new Linear(256, 256, { rng }),
    new ReLU(),
    new Linear(256, 2, { rng }),
  ]);
}
