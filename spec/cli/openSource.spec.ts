import { jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { networkInvariance } from '../../cli/networkInvariance.ts';
import { openSources, readTrained, testOf } from '../../cli/openSource.ts';
import { writeConfig } from '../../cli/runFolder.ts';
import { runOptionsFrom } from '../../cli/trainOptions.ts';
import { transferAttack } from '../../cli/transferAttack.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { Flatten, Linear, Rng, Sequential, useBackend } from '../../index.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { lenet } from '../../models/index.ts';
import { inputError } from '../support/inputError.ts';
import { ROOT } from '../support/runCommand.ts';

/** The inputs of networks with random weights, which serve as controls. */

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const [HEIGHT, WIDTH] = [28, 26];
const MODULE = `import { Flatten, Linear, Sequential } from ${JSON.stringify(join(ROOT, 'index.ts'))};
  export const network = ({ rng, inputShape: [h, w, c], classes }) =>
    new Sequential([new Flatten(), new Linear(h * w * c, classes, { rng })]);
  export const inputShape = [${HEIGHT}, ${WIDTH}, 1];`;

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-source-'));
  const rng = new Rng(1);
  for (const part of ['train', 'test']) {
    for (const label of ['a', 'b']) {
      mkdirSync(at('photos', part, label), { recursive: true });
      for (let i = 0; i < 3; i++) {
        const data = Uint8Array.from({ length: HEIGHT * WIDTH }, () => rng.integer(256));
        const png = encode({ height: HEIGHT, width: WIDTH, channels: 1, data });
        writeFileSync(at('photos', part, label, `${i}.png`), png);
      }
    }
  }
  writeFileSync(at('plain.mjs'), MODULE);
  writeFileSync(
    at('stated.mjs'),
    `${MODULE}\nexport const preprocessing = { mean: [0.5], std: [0.25] };`,
  );
  mkdirSync(at('run'));
  const inputShape = [HEIGHT, WIDTH, 1];
  const network = lenet({ rng: new Rng(0), inputShape: [HEIGHT + 4, WIDTH + 4, 1], classes: 2 });
  await saveWeights(at('run', 'weights.safetensors'), network.params, {
    network: 'lenet',
    data: JSON.stringify({ inputShape, classes: 2, classNames: ['a', 'b'], pixels: true }),
    preparation: JSON.stringify([{ pad: 2 }, { standardize: { mean: [0.4], std: [0.2] } }]),
  });
  network.dispose();
  await writeConfig(
    at('run'),
    runOptionsFrom('run', {
      network: 'lenet',
      data: at('photos'),
      shape: inputShape,
      preprocess: ['pad:2', 'standardize'],
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the shape and the values of the test inputs of each source, and the printed lines. */
async function inputsOf(words: readonly string[], options = {}) {
  const printed: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  const sources = await openSources('compare', words, { seed: 3, ...options }).finally(() =>
    write.mockRestore(),
  );
  const inputs = [];
  for (const source of sources) {
    const { input, labels } = await testOf(source).batch(Int32Array.of(0, 4));
    inputs.push({ shape: input.shape, values: Array.from(await input.data()) });
    disposeTensors([input, labels]);
    source.network.dispose();
  }
  return { inputs, printed: printed.join('') };
}

test('inputs of random weights are prepared as the file of the network states', async () => {
  const words = [at('plain.mjs'), at('stated.mjs')];
  const { inputs, printed } = await inputsOf(words, { data: at('photos') });
  const [plain, stated] = inputs;
  expect(stated.shape).toEqual([2, HEIGHT, WIDTH, 1]);
  stated.values.forEach((value, i) => expect(value).toBeCloseTo((plain.values[i] - 0.5) / 0.25, 5));
  expect(printed).toContain(`boxprop: ${words[1]}: the weights are random, of seed 3\n`);
});

test.each(['plain.mjs', 'lenet'])('%s with random weights sees the inputs of a run', async (b) => {
  const word = b === 'lenet' ? b : at(b);
  const line = `boxprop: ${word}: the weights are random, of seed 3, and the inputs are prepared as those of ${at('run')}\n`;
  for (const words of [
    [at('run'), word],
    [word, at('run')],
  ]) {
    const { inputs, printed } = await inputsOf(words);
    expect(inputs[0].shape).toEqual([2, HEIGHT + 4, WIDTH + 4, 1]);
    expect(inputs[1]).toEqual(inputs[0]);
    expect(printed).toContain(line);
  }
});

test('a file that states its preprocessing keeps it beside a run', async () => {
  const { inputs, printed } = await inputsOf([at('run'), at('stated.mjs')]);
  expect(inputs[1].shape).toEqual([2, HEIGHT, WIDTH, 1]);
  expect(printed).not.toContain('prepared as those');
});

test('the network of own weights leaves a run beside them as it is', async () => {
  const rng = new Rng(0);
  const own = new Sequential([new Flatten(), new Linear(HEIGHT * WIDTH, 2, { rng })]);
  const weights = at('own.safetensors');
  await saveWeights(weights, own.params, { network: 'plain.mjs' });
  own.dispose();
  for (const words of [
    [at('run'), weights],
    [weights, at('run', 'weights.safetensors')],
  ]) {
    const { inputs } = await inputsOf(words, { network: at('plain.mjs'), data: at('photos') });
    const heights = inputs.map(({ shape }) => shape[1]);
    expect(heights.sort()).toEqual([HEIGHT, HEIGHT + 4]);
  }
});

test('notes about data that two networks read are printed once', async () => {
  const rows = Array.from({ length: 40 }, (_, k) => `${k % 2 ? 'yes' : 'no'},${k},1`);
  writeFileSync(at('table.csv'), ['label,a,b', ...rows].join('\n'));
  const words = [at('plain.mjs'), at('plain.mjs')];
  const { printed } = await inputsOf(words, { data: at('table.csv') });
  expect(printed.split('table.csv is one file: ')).toHaveLength(2);
});

test('transfer and invariance take the folder of a run, with its data', async () => {
  const [{ weights, run }] = await readTrained('transfer', [at('run')], {});
  expect(weights.file).toBe(at('run', 'weights.safetensors'));
  expect(run?.data).toBe(at('photos'));
  const options = { method: 'sign', epsilon: 0.1, limit: 4 } as const;
  const words = [at('run'), at('run', 'weights.safetensors')];
  const { rows, images } = await transferAttack(words, options);
  expect(images).toBe(4);
  expect(rows[1].errorRates[0]).toBe(rows[1].errorRates[1]);
  const out = at('invariance.html');
  const { boxes, examples } = await networkInvariance(at('run'), { limit: 2, out });
  expect(examples).toBe(2);
  expect(boxes.at(-1)?.outputShape).toEqual([2]);
  await expect(readTrained('transfer', ['lenet'], {})).rejects.toThrow(
    inputError(
      'transfer: expected weights or the folder of a run, got the network "lenet" without weights',
    ),
  );
}, 30_000);
