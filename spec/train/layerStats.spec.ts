import { memory, tensor1d, tensor2d, variable } from '@tensorflow/tfjs-core';
import { disposeTensors, useBackend } from '../../index.ts';
import { layerStats, snapshot } from '../../train/layerStats.ts';

test('root mean squares over all parameters of a box, before the step', async () => {
  await useBackend('cpu');
  const params = {
    'a.weight': variable(tensor2d([[3, 4, 0]])),
    'a.bias': variable(tensor1d([5])),
    'b.c.scale': variable(tensor1d([-2, 2])),
  };
  const before = snapshot(params);
  const grads = {
    'a.weight': tensor2d([[1, 1, 1]]),
    'a.bias': tensor1d([3]),
    'b.c.scale': tensor1d([0, 0]),
  };
  params['a.bias'].assign(tensor1d([7]));
  const { numTensors } = memory();
  const near = (value: number): unknown => expect.closeTo(value, 5);
  expect(await layerStats({ params, before, grads })).toEqual([
    {
      path: 'a',
      weight: near(Math.sqrt(50 / 4)),
      gradient: near(Math.sqrt(12 / 4)),
      update: near(1),
    },
    { path: 'b.c', weight: near(2), gradient: 0, update: 0 },
  ]);
  expect(memory().numTensors).toBe(numTensors);
  disposeTensors(before);
});
