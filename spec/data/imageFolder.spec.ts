import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { useBackend } from '../../index.ts';
import { loadImageFolder } from '../../node.ts';
import { loadImage, openImage } from '../../data/image.ts';
import { preprocess, PREPROCESSINGS } from '../../data/preprocess.ts';
import { resizeImage } from '../../data/resizeImage.ts';
import { inputError } from '../support/inputError.ts';
import { runProgram } from '../support/runProgram.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'boxprop-folder-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (...names: string[]) => join(directory, ...names);
const png = (value: number) =>
  encode({ height: 1, width: 1, channels: 3, data: new Uint8Array(3).fill(value) });
/** Writes files: for a number an image of one pixel of this grey, otherwise a text. */
function write(files: Record<string, number | string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), typeof content === 'number' ? png(content) : content);
  }
}
const load = async (options = {}) => {
  const { inputs, labels, classNames, notes } = await loadImageFolder(directory, options);
  const greys = Array.from({ length: labels.length }, (_, n) => inputs[3 * n]);
  return { greys, labels: [...labels], classNames, notes };
};
const refuses = (message: string, options = {}) =>
  expect(loadImageFolder(directory, options)).rejects.toThrow(inputError(message));

describe('resizing', () => {
  const data = Uint8Array.from({ length: 3 * 20 * 31 }, (_, i) => (i * i) % 251);
  beforeEach(async () => {
    await useBackend('cpu');
    mkdirSync(at('cat'));
    writeFileSync(at('cat/a.png'), encode({ height: 20, width: 31, channels: 3, data }));
  });

  test('a shorter side, of which the middle is cut out, as `preprocess` does', async () => {
    for (const inputShape of [
      [9, 8, 3],
      [9, 12, 1],
    ] as const) {
      const resize = { shorterSide: 12, interpolation: 'bicubic' } as const;
      const { inputs } = await loadImageFolder(directory, { inputShape, resize });
      const input = preprocess(await loadImage(at('cat/a.png')), inputShape, {
        ...PREPROCESSINGS.unit,
        ...resize,
      });
      const bytes = Array.from(input.dataSync(), (value) => Math.round(255 * value));
      input.dispose();
      expect([...inputs]).toEqual(bytes);
    }
  });

  test('a shorter side needs a shape', () =>
    refuses(
      `${directory}: expected a shape (--shape) to cut out of images with a shorter side of 12, got none`,
      { resize: { shorterSide: 12 } },
    ));
});

describe('as torchvision reads it', () => {
  test('a class folder that is a link is a class', async () => {
    write({ 'elsewhere/a.png': 1, 'data/dog/b.png': 2 });
    symlinkSync(at('elsewhere'), at('data', 'cat'), 'junction');
    const { classNames, labels } = await loadImageFolder(at('data'));
    expect([classNames, [...labels]]).toEqual([
      ['cat', 'dog'],
      [0, 1],
    ]);
  });

  test('a link to a file is an image, and endings count in upper and lower case', async () => {
    write({ 'cat/a.PNG': 1, 'dog/b.Jpg': 2, 'dog/c.JPEG': 3, 'other/c.webp': 4 });
    symlinkSync(at('other', 'c.webp'), at('cat', 'd.tif'));
    expect(await load()).toEqual({
      greys: [1, 4, 2, 3, 4],
      labels: [0, 0, 1, 1, 2],
      classNames: ['cat', 'dog', 'other'],
      notes: undefined,
    });
  });

  test('images in folders below a class belong to it, and are reported', async () => {
    write({ 'cat/z.png': 1, 'cat/more/a.png': 2, 'cat/more/yet/b.png': 3, 'dog/a.png': 4 });
    expect(await load()).toEqual({
      greys: [1, 2, 3, 4],
      labels: [0, 0, 0, 1],
      classNames: ['cat', 'dog'],
      notes: [`${directory}: 2 of the 3 images of "cat" are in folders below it`],
    });
  });
});

describe('entries that are skipped', () => {
  test('are counted by reason', async () => {
    write({
      'cat/a.png': 1,
      'cat/.b.png': 'hidden',
      'cat/c.txt': 'text',
      'cat/d.md': 'text',
      'cat/e': 'text',
      'cat/f.csv': 'text',
      'dog/a.png': 2,
      '.git/a.png': 3,
      README: 'text',
    });
    symlinkSync(at('nowhere'), at('dog', 'lost.png'));
    symlinkSync(at('cow'), at('cow'));
    symlinkSync(directory, at('dog', 'all'), 'junction');
    const { greys, notes } = await load();
    expect(greys).toEqual([1, 2]);
    expect(notes).toEqual([
      `${directory}: skipped 10 entries: hidden: ".git", "cat/.b.png"; ` +
        `a broken link: "cow", "dog/lost.png"; outside the class folders: "README"; ` +
        `not an image: "cat/c.txt", "cat/d.md", "cat/e", ... (4); ` +
        `a link to a folder around it: "dog/all"`,
    ]);
  });

  test('are not counted if an operating system left them', async () => {
    write({
      'cat/a.png': 1,
      'cat/Thumbs.db': '',
      'cat/desktop.ini': '',
      'cat/.DS_Store': '',
      '__MACOSX/cat/._a.png': '',
      'dog/a.png': 2,
    });
    expect((await load()).notes).toBeUndefined();
  });

  (process.platform === 'win32' ? test.skip : test)(
    `include pipes, which would never end${process.platform === 'win32' ? ' (skipped: no pipes)' : ''}`,
    async () => {
      write({ 'cat/a.png': 1, 'dog/a.png': 2 });
      runProgram('mkfifo', [at('cat', 'pipe.png')]);
      expect((await load()).notes).toEqual([
        `${directory}: skipped 1 entry: a pipe or device: "cat/pipe.png"`,
      ]);
    },
  );
});

describe('classes', () => {
  test('are compared in one Unicode form, because macOS and Linux write different ones', async () => {
    write({ ['cafe\u0301/a.png']: 1 });
    expect((await load({ classNames: ['bar', 'caf\u00e9'] })).labels).toEqual([1]);
  });

  test('are refused if their names look the same', async () => {
    write({ 'caf\u00e9/a.png': 1, 'cafe\u0301/b.png': 2 });
    await refuses(
      `${directory}: expected class names that look different, got "cafe\\u{301}" and "caf\u00e9"`,
    );
  });

  test('without images in this folder are reported', async () => {
    write({ 'dog/a.png': 1 });
    expect(await load({ classNames: ['cat', 'cow', 'dog'] })).toEqual({
      greys: [1],
      labels: [2],
      classNames: ['cat', 'cow', 'dog'],
      notes: [`${directory}: no images of the classes ["cat", "cow"]`],
    });
  });

  test('are refused without images', async () => {
    write({ 'cat/notes.txt': 'text', 'dog/a.png': 1 });
    await refuses(`${at('cat')}: expected images, got 1 entry: not an image: "cat/notes.txt"`);
  });

  test('are refused if images are not in folders', async () => {
    write({ 'a.png': 1, 'b.png': 2 });
    await refuses(
      `${directory}: expected a folder of images for each class, ` +
        `got 2 entries: outside the class folders: "a.png", "b.png"`,
    );
  });
});

describe('refuses', () => {
  test('a file that is an image only by its name', async () => {
    write({ 'cat/a.png': 'text' });
    await refuses(
      `${at('cat', 'a.png')}: expected a PNG, JPEG, WebP, TIFF or GIF image, got other bytes`,
    );
  });

  test.each([
    [[1, 1], '[1, 1]'],
    [[0, 2, 3], '[0, 2, 3]'],
    [[1.5, 2, 3], '[1.5, 2, 3]'],
    [[NaN, 2, 3], '[NaN, 2, 3]'],
  ])('the shape %j', async (inputShape, shown) => {
    write({ 'cat/a.png': 1 });
    await refuses(
      `expected a shape [height, width, channels] of integers of at least 1 for images, got ${shown}`,
      { inputShape },
    );
  });

  test('more images than fit in memory', async () => {
    write({ 'cat/a.png': 1, 'dog/a.png': 1 });
    await refuses(
      `${directory}: expected at most 4 GiB of images, got 2 of shape [40000, 40000, 3], 8.9 GiB; ` +
        `set a smaller shape`,
      { inputShape: [40_000, 40_000, 3] },
    );
  });

  // Root may read every file, so the test would fail under root.
  const root = process.getuid?.() === 0;
  (root ? test.skip : test)(
    `what may not be read${root ? ' (skipped: run as root)' : ''}`,
    async () => {
      write({ 'cat/a.png': 1, 'dog/a.png': 1 });
      chmodSync(at('cat', 'a.png'), 0);
      await refuses(`${at('cat', 'a.png')}: cannot be read: EACCES: permission denied`);
      chmodSync(at('dog'), 0);
      await refuses(`${at('dog')}: cannot be read: EACCES: permission denied`);
      chmodSync(at('dog'), 0o755);
    },
  );
});

describe('large images', () => {
  test('are reduced by the decoder, to within two levels of the exact resize', async () => {
    const [width, height] = [4200, 4000];
    const data = new Uint8Array(width * height * 3);
    const waves = Float64Array.from(
      { length: 3 * width },
      (_, i) => 60 * Math.sin(i / 270 + (i % 3)),
    );
    for (let y = 0, i = 0; y < height; y++) {
      const stripe = 128 + 50 * Math.sign(Math.sin(y / 300));
      for (let x = 0; x < 3 * width; x++, i++) data[i] = stripe + waves[x] + (i % 17);
    }
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const image = await openImage(bytes, 'large');
    const reduced = await image.decode([40, 60]);
    expect([reduced.height, reduced.width]).toEqual([160, 240]);
    const [got, exact] = [reduced, { height, width, channels: 3 as const, data }].map(
      (one) => resizeImage(one, 40, 60).data,
    );
    const apart = got.map((value, i) => Math.abs(value - exact[i]));
    expect(Math.max(...apart)).toBeLessThanOrEqual(2);
  });

  test("need a shape: an input of millions of pixels is nobody's aim", async () => {
    const background = { r: 10, g: 20, b: 30 };
    mkdirSync(at('cat'));
    const file = at('cat', '0.png');
    await sharp({ create: { width: 2049, height: 2048, channels: 3, background } }).toFile(file);
    await refuses(
      `${file}: expected a shape to resize to (--shape) for an image of 2048x2049 pixels, ` +
        `because an input may have at most 4194304 pixels, got none`,
    );
  });

  test('sixteen of 100 million pixels take little memory and time', async () => {
    mkdirSync(at('cat'));
    const background = { r: 10, g: 20, b: 30 };
    await sharp({ create: { width: 9990, height: 9990, channels: 3, background } })
      .png({ compressionLevel: 9 })
      .toFile(at('cat', '0.png'));
    for (let n = 1; n < 16; n++) copyFileSync(at('cat', '0.png'), at('cat', `${n}.png`));
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    const { inputs } = await loadImageFolder(directory, { inputShape: [32, 32, 3] });
    clearInterval(watch);
    expect([...new Set(inputs)]).toEqual([10, 20, 30]);
    expect((most - before) / 2 ** 20).toBeLessThan(500);
  }, 30_000);
});
