import { Conv2D } from '../../modules/conv2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { Sequential, type Box } from '../../modules/sequential.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Tanh } from '../../modules/tanh.ts';
import type { Cases } from '../case.ts';

export const cases: Cases = {
  Sequential: (draw) => {
    const { rng } = draw;
    const [batch, channels, classes] = [draw.integer(1, 3), draw.integer(1, 2), draw.integer(2, 3)];
    const shared = new Linear(4, 4, { rng });
    const boxes = draw.pick<() => { boxes: Box[]; shape: number[] }>(
      () => ({
        boxes: [new Linear(3, 4, { rng }), new Tanh(), new Linear(4, classes, { rng }), new Softmax()],
        shape: [3],
      }),
      // A small convnet, with a chain inside the chain.
      () => ({
        boxes: [
          new Sequential([new Conv2D(channels, 2, [2, 3], { rng, padding: 'same' }), new Tanh()]),
          new MaxPool2D([2, 1]),
          new Flatten(),
          new Linear(2 * 3 * 2, classes, { rng }),
        ],
        shape: [4, 3, channels],
      }),
      // The same box in two places: its gradients are summed.
      () => ({ boxes: [shared, new Sigmoid(), shared, new Tanh()], shape: [4] }),
      // And at another depth.
      () => ({ boxes: [new Sequential([shared, new Tanh()]), shared], shape: [4] }),
    )();
    const shape = [batch, ...boxes.shape];
    const names = boxes.boxes.map((box) => box.constructor.name).join(', ');
    return {
      config: `Sequential([${names}]) on [${shape.join(', ')}]`,
      box: new Sequential(boxes.boxes),
      input: draw.normal(shape),
    };
  },
};
