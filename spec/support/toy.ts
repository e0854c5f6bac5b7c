import { Linear, ReLU, Rng, Sequential } from '../../index.ts';
import { ArrayDataset } from '../../data/dataset.ts';

/** The exclusive or of two bits, with noise. A network without a hidden layer cannot learn it. */
export function xor(examples = 32): ArrayDataset {
  const rng = new Rng(8);
  const labels: number[] = [];
  const inputs = Float32Array.from({ length: 2 * examples }, (_, i) => {
    const bit = rng.integer(2);
    if (i % 2 === 0) labels.push(bit);
    else labels[labels.length - 1] ^= bit;
    return bit + 0.1 * rng.normal();
  });
  return new ArrayDataset({ name: 'xor', inputs, inputShape: [2], labels, classes: 2 });
}

export function perceptron(seed: number): Sequential {
  const rng = new Rng(seed);
  return new Sequential([new Linear(2, 16, { rng }), new ReLU(), new Linear(16, 2, { rng })]);
}
