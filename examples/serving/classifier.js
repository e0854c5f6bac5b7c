import { softmax, tensor, tidy } from '@tensorflow/tfjs-core';
import { useBackend } from 'boxprop';
import { preprocess } from 'boxprop/data';
import { decodeImage, loadWeights } from 'boxprop/node';
import { build, inputShape, labels, preprocessing, WEIGHTS } from './model.js';

/** Loads the model, and computes once, so that the first request is as fast as all others. */
export async function loadClassifier() {
  await useBackend('wasm');
  const network = build();
  await loadWeights(WEIGHTS, { ...network.params, ...network.buffers });
  const size = inputShape.reduce((a, b) => a * b);

  /** Returns the values of one input. Throws an InputError for bytes that are no image. */
  async function read(bytes) {
    const input = preprocess(await decodeImage(bytes, 'image'), inputShape, preprocessing);
    const values = await input.data();
    input.dispose();
    return values;
  }

  /** Returns the most probable class of each input. */
  async function classify(inputs) {
    const values = new Float32Array(inputs.length * size);
    inputs.forEach((input, n) => values.set(input, n * size));
    const output = tidy(() =>
      softmax(network.infer(tensor(values, [inputs.length, ...inputShape]))),
    );
    const probabilities = await output.data();
    output.dispose();
    return inputs.map((_, n) => {
      const row = probabilities.subarray(n * labels.length, (n + 1) * labels.length);
      const best = row.indexOf(Math.max(...row));
      return { label: labels[best], probability: row[best] };
    });
  }

  await classify([new Float32Array(size)]);
  return { read, classify };
}
