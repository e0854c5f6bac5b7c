import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { decodeImage, loadImage, type PixelImage } from '../../data/image.ts';
import { preprocess, PREPROCESSINGS } from '../../data/preprocess.ts';
import { resizeImage } from '../../data/resizeImage.ts';
import { inputError } from '../support/inputError.ts';

interface Pixels {
  readonly shape: readonly [height: number, width: number, channels: 3];
  readonly base64: string;
}

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const fileOf = (name: string) =>
  fileURLToPath(new URL(`../fixtures/images/${name}`, import.meta.url));
const bytesOf = ({ base64 }: Pixels) => new Uint8Array(Buffer.from(base64, 'base64'));

function expectPixels(image: PixelImage, expected: Pixels, levels = 0): void {
  expect([image.height, image.width, image.channels]).toEqual(expected.shape);
  const bytes = bytesOf(expected);
  expect(image.data).toHaveLength(bytes.length);
  const apart = image.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - bytes[i])),
    0,
  );
  expect(apart).toBeLessThanOrEqual(levels);
}

describe('loadImage', () => {
  const pixels = fixture('imagePixels') as Record<string, Pixels>;

  // Both decode with libjpeg and libpng: the same bytes. Blending with white rounds.
  test.each(Object.keys(pixels))('decodes %s as Pillow does', async (name) => {
    expectPixels(await loadImage(fileOf(name)), pixels[name], name === 'alpha.png' ? 1 : 0);
  });

  test('converts CMYK to RGB', async () => {
    const { data } = await loadImage(fileOf('cmyk.jpg'));
    const [red, green, blue] = data;
    // Full magenta and yellow: red, of the shade that the decoder's profile of print has.
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(80);
  });

  test('refuses a file that is not an image, or is truncated', async () => {
    const png = await readFile(fileOf('rgb.png'));
    await expect(decodeImage(new Uint8Array(0), 'f')).rejects.toThrow(
      inputError('f: expected a PNG or JPEG image, got other bytes'),
    );
    await expect(decodeImage(Buffer.from('<svg width="9" height="9"/>'), 'f')).rejects.toThrow(
      inputError('f: expected a PNG or JPEG image, got other bytes'),
    );
    const whole = await readFile(fileOf('baseline.jpg'));
    for (const part of [
      png.subarray(0, 20),
      png.subarray(0, png.length - 300),
      whole.subarray(0, 500),
    ]) {
      await expect(decodeImage(part, 'f')).rejects.toThrow(/^f: expected a whole image: [^\n]+$/);
    }
  });

  test('refuses an image that claims more pixels than fit', async () => {
    const jpeg = await readFile(fileOf('baseline.jpg'));
    // Behind the marker of the frame, its length and the depth: height and width.
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 5;
    jpeg.writeUInt16BE(60_000, frame);
    jpeg.writeUInt16BE(60_000, frame + 2);
    await expect(decodeImage(jpeg, 'f')).rejects.toThrow(
      inputError('f: expected a whole image: Input image exceeds pixel limit'),
    );
  });

  test('names a file that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-image-'));
    const file = join(folder, 'a.png');
    await expect(loadImage(file)).rejects.toThrow(
      inputError(`${file}: cannot be read: ENOENT: no such file or directory`),
    );
    await writeFile(file, 'no image');
    await expect(loadImage(file)).rejects.toThrow(
      inputError(`${file}: expected a PNG or JPEG image, got other bytes`),
    );
    await rm(folder, { recursive: true });
  });
});

describe('resizing', () => {
  const { resized, cuts } = fixture('imageResized') as {
    resized: Pixels[];
    cuts: (Pixels & { side: number; size: number })[];
  };
  let image: PixelImage;
  beforeAll(async () => {
    await useBackend('cpu');
    image = await loadImage(fileOf('rgb.png'));
  });

  // Pillow computes with integers of 22 bits of fraction; what lies halfway may fall to the other side.
  test.each(resized.map((expected) => [expected.shape.slice(0, 2).join('x'), expected] as const))(
    'to %s is Pillow’s',
    (_, expected) => {
      expectPixels(resizeImage(image, expected.shape[0], expected.shape[1]), expected, 1);
    },
  );

  test.each(cuts)(
    'to a shorter side of $side and a cut of $size is torchvision’s',
    ({ side, size, ...cut }) => {
      const recipe = { ...PREPROCESSINGS.unit, shorterSide: side };
      const tensor = preprocess(image, [size, size, 3], recipe);
      const data = Uint8Array.from(tensor.dataSync(), (value) => Math.round(255 * value));
      expectPixels({ height: size, width: size, channels: 3, data }, cut, 1);
      tensor.dispose();
    },
  );
});

describe('preprocess', () => {
  beforeAll(() => useBackend('cpu'));
  const one: PixelImage = { height: 1, width: 1, channels: 3, data: Uint8Array.of(255, 0, 51) };
  const values = (name: keyof typeof PREPROCESSINGS) => {
    const tensor = preprocess(one, [1, 1, 3], { ...PREPROCESSINGS[name], shorterSide: 1 });
    const numbers = [...tensor.dataSync()];
    tensor.dispose();
    return numbers.map((value) => Number(value.toFixed(4)));
  };

  test('normalizes as the weights expect', () => {
    expect(values('torchvision')).toEqual([2.2489, -2.0357, -0.9156]);
    expect(values('inception')).toEqual([1, -1, -0.6]);
    expect(values('unit')).toEqual([1, 0, 0.2]);
    // Blue first.
    expect(values('caffe')).toEqual(
      [51 - 104.007, -116.669, 255 - 122.679].map((v) => Number(v.toFixed(4))),
    );
  });

  test('gives a network of one channel the luma', () => {
    const tensor = preprocess(one, [1, 1, 1], PREPROCESSINGS.unit);
    expect(tensor.dataSync()[0]).toBeCloseTo(Math.round(0.299 * 255 + 0.114 * 51) / 255, 6);
    tensor.dispose();
  });
});
