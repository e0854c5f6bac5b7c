import { memory } from '@tensorflow/tfjs-core';
import { disposeTensors, Rng, useBackend } from '../../index.ts';
import {
  ArrayDataset,
  augment,
  elastic,
  flip,
  shift,
  type Augmentation,
} from '../../data/index.ts';
import { xor } from '../support/toy.ts';
import { inputError } from '../support/inputError.ts';

const SIZE = [3, 4, 2] as const;
const image = () => Float32Array.from({ length: 24 }, (_, i) => i + 1);

/** The different images that an augmentation makes of one image in many tries. */
function outcomes(change: Augmentation): string[] {
  const rng = new Rng(5);
  return [...new Set(Array.from({ length: 300 }, () => [...change(image(), SIZE, rng)].join()))];
}

test('a shift moves by every distance in both directions, and fills the border with 0', () => {
  const moved = (down: number, right: number) =>
    Array.from(image(), (_, i) => {
      const [row, column, channel] = [Math.floor(i / 8), Math.floor(i / 2) % 4, i % 2];
      const [y, x] = [row - down, column - right];
      return y < 0 || y > 2 || x < 0 || x > 3 ? 0 : image()[(y * 4 + x) * 2 + channel];
    }).join();
  const places = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => moved(down, right)));
  expect(outcomes(shift(1)).sort()).toEqual(places.sort());
});

test('a flip mirrors columns and not channels', () => {
  const mirrored = [7, 8, 5, 6, 3, 4, 1, 2];
  const flipped = [0, 8, 16].flatMap((row) => mirrored.map((value) => value + row)).join();
  expect(outcomes(flip()).sort()).toEqual([[...image()].join(), flipped].sort());
});

describe('elastic distortion', () => {
  test('without displacement, rotation and zoom changes nothing', () => {
    expect(outcomes(elastic({ alpha: 0, rotation: 0, zoom: 0 }))).toEqual([[...image()].join()]);
  });

  test('interpolates at the position that the formula gives', () => {
    const options = { alpha: 3, sigma: 0.5, rotation: 20, zoom: 0.3 };
    const warped = elastic(options)(image(), SIZE, new Rng(9));
    // Evaluates the formula with the same random numbers, pixel by pixel.
    const rng = new Rng(9);
    const fields = [0, 1].map(() => rng.fillUniforms(new Float32Array(12), -1, 1));
    const weight = (x: number) => Math.exp(-(x ** 2) / 0.5);
    const total = [-2, -1, 0, 1, 2].reduce((sum, x) => sum + weight(x), 0);
    const angle = ((2 * rng.uniform() - 1) * 20 * Math.PI) / 180;
    const scale = 1 + (2 * rng.uniform() - 1) * 0.3;
    for (let i = 0; i < 24; i++) {
      const [row, column, channel] = [Math.floor(i / 8), Math.floor(i / 2) % 4, i % 2];
      const [dy, dx] = fields.map((field) => {
        let sum = 0;
        for (let y = Math.max(0, row - 2); y <= Math.min(2, row + 2); y++) {
          for (let x = Math.max(0, column - 2); x <= Math.min(3, column + 2); x++) {
            sum += (weight(y - row) * weight(x - column) * field[y * 4 + x]) / total ** 2;
          }
        }
        return sum;
      });
      const [y, x] = [row - 1, column - 1.5];
      const at = [
        1 + scale * (Math.cos(angle) * y - Math.sin(angle) * x) + 3 * dy,
        1.5 + scale * (Math.sin(angle) * y + Math.cos(angle) * x) + 3 * dx,
      ];
      let value = 0;
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 4; c++) {
          const share = Math.max(0, 1 - Math.abs(at[0] - r)) * Math.max(0, 1 - Math.abs(at[1] - c));
          value += share * image()[(r * 4 + c) * 2 + channel];
        }
      }
      expect(warped[i]).toBeCloseTo(value, 3);
    }
  });
});

describe('augment', () => {
  beforeAll(() => useBackend('cpu'));
  const images = () =>
    new ArrayDataset({
      name: 'ramps',
      inputs: Float32Array.from({ length: 72 }, (_, i) => i),
      inputShape: SIZE,
      labels: [0, 1, 0],
      classes: 2,
    });

  test('changes images only in training, by their index in the batch, and in the same way for the same generator state', async () => {
    const data = augment(images(), [shift(2), flip()]);
    const { numTensors } = memory();
    const read = async (rng?: Rng) => {
      const batch = await data.batch(Int32Array.of(2, 2, 0), rng);
      const values = Array.from(batch.input.dataSync());
      expect(batch.input.shape).toEqual([3, 3, 4, 2]);
      expect([...batch.labels.dataSync()]).toEqual([0, 0, 0]);
      disposeTensors(batch);
      return values;
    };
    const plain = await read();
    expect(plain.slice(0, 24)).toEqual(Array.from({ length: 24 }, (_, i) => 48 + i));
    const first = await read(new Rng(1));
    expect(first).not.toEqual(plain);
    expect(first.slice(0, 24)).not.toEqual(first.slice(24, 48));
    expect(await read(new Rng(1))).toEqual(first);
    expect(await read(new Rng(2))).not.toEqual(first);
    expect(memory().numTensors).toBe(numTensors);
  });

  test('refuses an image of another size, and a shift out of the frame, and keeps no tensor', async () => {
    const { numTensors } = memory();
    const act = (change: Augmentation) =>
      augment(images(), [change]).batch(Int32Array.of(1, 0), new Rng(0));
    await expect(act((image) => image.subarray(1))).rejects.toThrow(
      inputError('ramps: expected augmentations to keep the 24 values of an image, got 23'),
    );
    await expect(act(shift(3))).rejects.toThrow(
      inputError('shift: expected fewer pixels than images of 3x4 have, got 3'),
    );
    expect(memory().numTensors).toBe(numTensors);
  });

  test.each([NaN, -1, 1.5, Infinity])('refuses a shift by %d', (pixels) => {
    expect(() => shift(pixels)).toThrow(
      inputError(
        `shift: expected a number of pixels that is an integer of at least 0, got ${pixels}`,
      ),
    );
  });

  test.each([
    [{ alpha: NaN }, 'alpha to be a finite number of at least 0, got NaN'],
    [{ sigma: 0 }, 'sigma to be a finite number above 0, got 0'],
    [{ sigma: Infinity }, 'sigma to be a finite number above 0, got Infinity'],
    [{ rotation: -5 }, 'rotation to be a finite number of at least 0, got -5'],
    [{ zoom: 1 }, 'zoom to be a finite number from 0 to below 1, got 1'],
  ])('refuses elastic(%j)', (options, message) => {
    expect(() => elastic(options)).toThrow(inputError(`elastic: expected ${message}`));
  });

  test('refuses inputs that are not images', () => {
    expect(() => augment(xor(), [flip()])).toThrow(
      inputError('xor: expected images [height, width, channels] to augment, got [2]'),
    );
  });
});

test('elastic refuses an unknown option', () => {
  const options: object = { turn: 10 };
  expect(() => elastic(options)).toThrow(
    'elastic: unknown option turn; expected one of alpha, sigma, rotation, zoom',
  );
});
