import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { decodeImage, loadImage, type PixelImage } from '../../data/image.ts';
import { preprocess, PREPROCESSINGS } from '../../data/preprocess.ts';
import { resizeImage, type Interpolation } from '../../data/resizeImage.ts';
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

  // sharp and Pillow decode with the same libraries, so the bytes are equal. Colour profiles are
  // ignored, and CMYK is converted by arithmetic. Only blending with white may round differently.
  test.each(Object.keys(pixels))('decodes %s as Pillow does', async (name) => {
    expectPixels(await loadImage(fileOf(name)), pixels[name], /alpha/i.test(name) ? 1 : 0);
  });

  test('the Adobe RGB files have a colour profile that the decoder would apply by default', async () => {
    const bytes = await readFile(fileOf('adobeRgb.png'));
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const plain = bytesOf(pixels['adobeRgb.png']);
    expect(Math.max(...plain.map((value, i) => Math.abs(value - data[i])))).toBeGreaterThan(50);
  });

  test('takes the upper 8 bits of 16, where Pillow makes a grey image white', async () => {
    const values = Uint16Array.of(0x00ff, 0x0100, 0x80ff, 0xffff);
    const png = encode({ width: 4, height: 1, channels: 1, depth: 16, data: values });
    const { data } = await decodeImage(png, 'f');
    expect([...data]).toEqual([0, 1, 0x80, 0xff].flatMap((grey) => [grey, grey, grey]));
  });

  /** A TIFF file of one channel of 2x2 pixels. */
  const tiff = (bits: number, sampleFormat: number) => {
    const tags = [
      [256, 2],
      [257, 2],
      [258, bits],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, 1],
      [278, 2],
      [279, bits / 2],
      [339, sampleFormat],
    ];
    const pixels = Buffer.alloc(bits / 2);
    const directory = Buffer.alloc(2 + 12 * tags.length + 4);
    directory.writeUInt16LE(tags.length);
    tags.forEach(([tag, value], i) => {
      directory.writeUInt16LE(tag, 2 + 12 * i);
      directory.writeUInt16LE(3, 4 + 12 * i);
      directory.writeUInt32LE(1, 6 + 12 * i);
      directory.writeUInt32LE(value, 10 + 12 * i);
    });
    const header = Buffer.from([0x49, 0x49, 42, 0, 8 + pixels.length, 0, 0, 0]);
    return Buffer.concat([header, pixels, directory]);
  };

  test('refuses a TIFF file that is not a picture, such as floating-point heights', async () => {
    const { data } = await decodeImage(tiff(8, 1), 'f');
    expect(data).toHaveLength(12);
    await expect(decodeImage(tiff(32, 3), 'f')).rejects.toThrow(
      inputError('f: expected a whole image: 8 or 16 bits of grey, RGB or CMYK, got float of b-w'),
    );
  });

  test('refuses a file that is not an image, or is truncated', async () => {
    const png = await readFile(fileOf('rgb.png'));
    const start = 'f: expected a PNG, JPEG, WebP, TIFF or GIF image, got';
    for (const [text, got] of [
      ['', 'no bytes'],
      ['<svg width="9" height="9"/>', 'other bytes'],
      ['RIFF1234WAVE', 'other bytes'],
      ['BM1234', 'a BMP image: convert it'],
      ['P6 1 1 255', 'a PPM or PGM image: convert it'],
      ['1234ftypheic', 'a HEIC or AVIF image: convert it'],
      ['<!DOCTYPE html>', 'an HTML page: download the file itself'],
      ['\n<!doctype html>', 'an HTML page: download the file itself'],
      [
        'version https://git-lfs.github.com/spec/v1',
        'a pointer of Git LFS: fetch the file with `git lfs pull`',
      ],
    ]) {
      await expect(decodeImage(Buffer.from(text), 'f')).rejects.toThrow(
        inputError(`${start} ${got}`),
      );
    }
    const whole = await readFile(fileOf('baseline.jpg'));
    for (const part of [
      png.subarray(0, 20),
      png.subarray(0, png.length - 300),
      whole.subarray(0, 500),
    ]) {
      await expect(decodeImage(part, 'f')).rejects.toThrow(/^f: expected a whole image: [^\n]+$/);
    }
  });

  test('refuses an image whose header states too many pixels', async () => {
    const jpeg = await readFile(fileOf('baseline.jpg'));
    // The height and width follow the frame marker, its length and the bit depth.
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 5;
    jpeg.writeUInt16BE(60_000, frame);
    jpeg.writeUInt16BE(60_000, frame + 2);
    await expect(decodeImage(jpeg, 'f')).rejects.toThrow(
      inputError('f: expected at most 100 million pixels, got 60000x60000'),
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
      inputError(`${file}: expected a PNG, JPEG, WebP, TIFF or GIF image, got other bytes`),
    );
    await rm(folder, { recursive: true });
  });
});

describe('resizing', () => {
  const { resized, filtered, cuts } = fixture('imageResized') as {
    resized: Pixels[];
    filtered: (Pixels & { interpolation: Interpolation })[];
    cuts: (Pixels & { side: number; size: number })[];
  };
  let image: PixelImage;
  beforeAll(async () => {
    await useBackend('cpu');
    image = await loadImage(fileOf('rgb.png'));
  });

  // Pillow computes with 22 fractional bits, so values halfway between two integers may be rounded
  // differently.
  test.each(resized.map((expected) => [expected.shape.slice(0, 2).join('x'), expected] as const))(
    'to %s equals Pillow’s',
    (_, expected) => {
      expectPixels(resizeImage(image, expected.shape[0], expected.shape[1]), expected, 1);
    },
  );

  test.each(
    filtered.map((one) => [one.interpolation, one.shape.slice(0, 2).join('x'), one] as const),
  )('%s to %s equals Pillow’s', (interpolation, _, expected) => {
    const [height, width] = expected.shape;
    const tolerance = interpolation === 'nearest' ? 0 : 1;
    expectPixels(resizeImage(image, height, width, interpolation), expected, tolerance);
  });

  test('the shorter side is raised only as far as the cut needs', () => {
    const cut = (side: number, height: number, width: number) => {
      const recipe = { ...PREPROCESSINGS.unit, shorterSide: side };
      return [...preprocess(image, [height, width, 3], recipe).dataSync()];
    };
    // The image is 31 x 46. A side of 20 gives 20 x 29, from which 20 x 24 are cut.
    const part = (height: number, width: number, first: number, columns: number) => {
      const { data } = resizeImage(image, height, width);
      return Array.from({ length: height * columns * 3 }, (_, i) => {
        const [y, x] = [Math.floor(i / (columns * 3)), i % (columns * 3)];
        return Math.fround(data[(y * width + first) * 3 + x] * (1 / 255));
      });
    };
    expect(cut(20, 20, 24)).toEqual(part(20, 29, 2, 24));
    // 44 columns need 30 rows: 30 x 44.
    expect(cut(20, 30, 44)).toEqual(part(30, 44, 0, 44));
  });

  test('an unknown filter is refused', () => {
    const resize = () => resizeImage(image, 2, 2, 'lanczos' as Interpolation);
    expect(resize).toThrow('resizeImage: expected bilinear, bicubic or nearest, got "lanczos"');
  });

  test.each(cuts)(
    'to a shorter side of $side with a crop of $size equals torchvision’s',
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
    // The channels are in the order blue, green, red.
    expect(values('caffe')).toEqual(
      [51 - 104.007, -116.669, 255 - 122.679].map((v) => Number(v.toFixed(4))),
    );
  });

  test.each([
    [{ mean: [0] }, 'a finite mean for each of 3 channels, got [0]'],
    [{ mean: [0, NaN, 0] }, 'a finite mean for each of 3 channels, got [0, NaN, 0]'],
    [{ std: [1, 0, 1] }, 'a std above 0 for each of 3 channels, got [1, 0, 1]'],
    [{ scale: NaN }, 'a scale above 0, got NaN'],
    [{ shorterSide: 0.5 }, 'a shorter side that is an integer of at least 1, got 0.5'],
  ])('refuses %j', (change, message) => {
    expect(() => preprocess(one, [1, 1, 3], { ...PREPROCESSINGS.unit, ...change })).toThrow(
      inputError(`preprocess: expected ${message}`),
    );
  });

  test('refuses channels that it cannot make', () => {
    expect(() => preprocess(one, [1, 1, 2] as never, PREPROCESSINGS.unit)).toThrow(
      inputError('preprocess: expected an input of 1 or 3 channels, got 2'),
    );
    const grey: PixelImage = { height: 1, width: 1, channels: 1, data: Uint8Array.of(7) };
    expect(() => preprocess(grey, [1, 1, 3], PREPROCESSINGS.unit)).toThrow(
      inputError('preprocess: expected an image of 3 channels, got 1'),
    );
    expect(() => resizeImage(one, 0, NaN)).toThrow(
      inputError(
        'resizeImage: expected a height and width that are integers of at least 1, got [0, NaN]',
      ),
    );
  });

  test('converts to luma for a network of one channel', () => {
    const tensor = preprocess(one, [1, 1, 1], PREPROCESSINGS.unit);
    expect(tensor.dataSync()[0]).toBeCloseTo(Math.round(0.299 * 255 + 0.114 * 51) / 255, 6);
    tensor.dispose();
  });
});
