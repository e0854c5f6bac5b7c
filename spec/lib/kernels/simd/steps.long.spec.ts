import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import { constant } from '../../../../lib/constant.ts';
import { disposeTensors } from '../../../../lib/memory.ts';
import { Rng } from '../../../../lib/rng.ts';
import { SoftmaxCrossEntropy } from '../../../../losses/softmaxCrossEntropy.ts';
import { BatchNorm } from '../../../../modules/batchNorm.ts';
import { Sequential } from '../../../../modules/container/sequential.ts';
import { Conv2D } from '../../../../modules/conv2d.ts';
import { Flatten } from '../../../../modules/flatten.ts';
import { Linear } from '../../../../modules/linear.ts';
import { MaxPool2D } from '../../../../modules/maxPool2d.ts';
import { ReLU } from '../../../../modules/relu.ts';
import { SGD } from '../../../../optim/sgd.ts';

/** The memory of the backend wasm, in bytes. */
function heapBytes(): number {
  const { wasm } = tf.backend() as unknown as { readonly wasm: { readonly HEAPU8: Uint8Array } };
  return wasm.HEAPU8.length;
}

test('20,000 training steps leave the tensors and the heap as they were', async () => {
  await useBackend('wasm');
  const rng = new Rng(3);
  const network = new Sequential([
    new Conv2D(3, 5, 3, { padding: 1, rng }),
    new BatchNorm(5),
    new ReLU(),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(3 * 4 * 5, 7, { rng }),
  ]);
  const images = constant<tf.Rank.R4>(rng.uniforms(2 * 6 * 8 * 3), [2, 6, 8, 3]);
  const labels = tf.tensor1d([3, 6], 'int32');
  const cost = new SoftmaxCrossEntropy();
  const optimizer = new SGD(network.params, { learningRate: 1e-3, momentum: 0.9 });
  const step = () => {
    const { output, cache } = network.forward(images, { mode: 'training', rng });
    const { loss, cache: costCache } = cost.forward(output, labels);
    network.updateBuffers(cache);
    const gradOutput = cost.backpropToInput(costCache);
    const grads = network.backpropParams(gradOutput, cache);
    optimizer.step(grads);
    const [value] = loss.dataSync();
    disposeTensors([output, costCache, loss, gradOutput, grads]);
    return value;
  };
  const first = step();
  for (let k = 0; k < 100; k++) step();
  const before = { tensors: tf.memory().numTensors, heap: heapBytes() };
  for (let k = 0; k < 20_000; k++) step();
  expect({ tensors: tf.memory().numTensors, heap: heapBytes() }).toEqual(before);
  expect(step()).toBeLessThan(first);
});
