import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { fool, type FoolOptions } from '../../cli/foolNetwork.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { Flatten, Linear, Rng, Sequential, useBackend } from '../../index.ts';
import { inputError } from '../support/inputError.ts';
import { ROOT } from '../support/runCommand.ts';

/** Colour images of 7x5 pixels in three classes, and a linear classifier of them. */
const [HEIGHT, WIDTH, CLASSES] = [7, 5, ['blue', 'green', 'red']];
let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-fool-'));
  const rng = new Rng(1);
  for (const name of CLASSES) {
    mkdirSync(at('photos', 'train', name), { recursive: true });
    mkdirSync(at('photos', 'test', name), { recursive: true });
    for (const part of ['train', 'test']) {
      const data = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, () => rng.integer(256));
      const png = encode({ height: HEIGHT, width: WIDTH, channels: 3, data });
      writeFileSync(at('photos', part, name, '0.png'), png);
    }
  }
  writeFileSync(
    at('net.mjs'),
    `import { Flatten, Linear, Sequential } from ${JSON.stringify(join(ROOT, 'index.ts'))};
     export const network = ({ rng, classes }) =>
       new Sequential([new Flatten(), new Linear(${HEIGHT * WIDTH * 3}, classes, { rng })]);`,
  );
  const network = new Sequential([new Flatten(), new Linear(HEIGHT * WIDTH * 3, 3, { rng })]);
  await saveWeights(at('net.safetensors'), network.params, {
    network: 'net.mjs',
    data: JSON.stringify({
      inputShape: [HEIGHT, WIDTH, 3],
      classes: 3,
      classNames: CLASSES,
      pixels: true,
    }),
    preparation: JSON.stringify([{ standardize: { mean: [0.5, 0.4, 0.6], std: [0.1, 0.2, 0.3] } }]),
  });
  network.dispose();
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (options: Partial<FoolOptions>) =>
  fool(at('net.safetensors'), {
    network: at('net.mjs'),
    data: at('photos'),
    method: 'cppn',
    epsilon: 0.1,
    examples: [0, 2],
    seed: 0,
    generations: 15,
    offspring: 12,
    out: at('out.png'),
    ...options,
  });

interface Written {
  readonly network: string;
  readonly method: string;
  readonly images: readonly Record<string, unknown>[];
}

test.each(['direct', 'cppn'] as const)(
  '%s writes the champions, a page, and JSON',
  async (method) => {
    const lines = await run({ method, out: at('out.html'), json: at('out.json') });
    const { images, ...settings } = JSON.parse(readFileSync(at('out.json'), 'utf8')) as Written;
    expect(settings).toEqual({ network: at('net.mjs'), method, seed: 0, generations: 15, offspring: 12 }); // prettier-ignore
    expect(images.map(({ label }) => label)).toEqual(CLASSES);
    images.forEach(({ label, predicted, confidence, labelConfidence, generation }, k) => {
      expect(predicted).toBe(label);
      expect(confidence).toBe(labelConfidence);
      expect(confidence).toBeGreaterThan(0.9);
      expect(generation).toBeLessThanOrEqual(15);
      const percent = (100 * Number(confidence)).toFixed(1);
      expect(lines[k]).toBe(`class ${String(label)}: predicted ${String(label)} with ${percent} %`);
    });
    const page = readFileSync(at('out.html'), 'utf8');
    expect(page.match(/<figure>/g)).toHaveLength(3);
    for (const line of lines) expect(page).toContain(`<figcaption>${line}</figcaption>`);
    await run({ method });
    expect(decode(readFileSync(at('out.png')))).toMatchObject({
      width: 17,
      height: 7,
      channels: 3,
    });
    expect(await run({ method })).toEqual(lines);
    const [green] = await run({ method, target: 1 });
    expect(green).toBe(lines[1]);
  },
);

test('an attack writes the images, their changes, and JSON', async () => {
  const lines = await run({ method: 'sign', json: at('out.json') });
  const { images, ...settings } = JSON.parse(readFileSync(at('out.json'), 'utf8')) as Written;
  expect(settings).toEqual({ network: at('net.mjs'), method: 'sign', epsilon: 0.1 });
  expect(images.map(({ example, label }) => [example, label])).toEqual([
    [0, 'blue'],
    [2, 'red'],
  ]);
  images.forEach(({ moved, predicted, predictedBefore }, k) => {
    // Every one of the 105 values moves by at most 0.1.
    expect(moved).toBeLessThanOrEqual(0.1 * Math.sqrt(105) + 1e-5);
    expect(lines[k]).toContain(
      `predicted ${String(predictedBefore)}, now ${String(predicted)} with `,
    );
  });
  const { width, height, data } = decode(readFileSync(at('out.png')));
  expect([width, height]).toEqual([11, 23]);
  // The change of the first value of the first image, where grey, ½, means none.
  const [before, after, change] = [0, 8, 16].map((row) => data[row * width * 3]);
  expect(Math.abs(change - (127.5 + (after - before) / 2))).toBeLessThanOrEqual(1);
});

test('images that cannot be drawn are refused before the evolution', async () => {
  const rows = Array.from({ length: 6 }, (_, k) => `${k % 2 ? 'yes' : 'no'},${k},1`);
  writeFileSync(at('table.csv'), ['label,a,b', ...rows].join('\n'));
  writeFileSync(
    at('table.mjs'),
    `import { Flatten, Linear, Sequential } from ${JSON.stringify(join(ROOT, 'index.ts'))};
     export const network = ({ rng }) => new Sequential([new Flatten(), new Linear(2, 2, { rng })]);`,
  );
  const network = new Sequential([new Flatten(), new Linear(2, 2, { rng: new Rng(0) })]);
  await saveWeights(at('table.safetensors'), network.params, { network: 'table.mjs' });
  network.dispose();
  const options = { method: 'direct', epsilon: 1, examples: [], seed: 0, generations: 1, offspring: 1 } as const; // prettier-ignore
  await expect(
    fool(at('table.safetensors'), {
      ...options,
      network: at('table.mjs'),
      data: at('table.csv'),
      out: at('table.png'),
    }),
  ).rejects.toThrow(
    inputError('fool: expected images of one or three channels to draw, got [1, 1, 2]'),
  );
});
