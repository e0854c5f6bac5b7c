import { decode } from 'fast-png';
import { loadMnist } from '../../../data/mnist.ts';
import { makeSprites } from '../../../explore/plugins/mnistSprites.ts';

test('the sprites hold the first digits of each class', async () => {
  const sprites = await makeSprites();
  if (typeof sprites === 'string') throw new Error(sprites);
  const { train, test: tests } = await loadMnist();
  expect(sprites.map(({ labels }) => labels.length)).toEqual([1400, 300]);
  const bytes = sprites.reduce((sum, { png }) => sum + png.length, 0);
  expect(bytes).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThan(300_000);
  for (const [k, dataset] of [train, tests].entries()) {
    const { png, labels, columns } = sprites[k];
    const { data, width } = decode(png);
    // The 60th digit is early enough to be the 60th of the dataset too.
    const at = 60;
    const [top, left] = [Math.floor(at / columns) * 28, (at % columns) * 28];
    const drawn = Array.from({ length: 784 }, (_, i) => {
      return data[(top + Math.floor(i / 28)) * width + left + (i % 28)];
    });
    expect(Number(labels[at])).toBe(dataset.labels[at]);
    expect(drawn).toEqual(Array.from(dataset.inputs.slice(at * 784, (at + 1) * 784)));
  }
});

test('without the data the build goes on, with the reason', async () => {
  expect(await makeSprites('/nowhere')).toBe('mnist: expected a folder at /nowhere, found none');
});
