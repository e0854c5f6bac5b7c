import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mul, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { init, Rng, useBackend } from '../../index.ts';
import { ablateAlexnet, formatAblation, type Ablation } from '../../cli/ablation/alexnet.ts';
import { formatGuesses } from '../../cli/classify.ts';
import { classifyImage } from '../../cli/classifyImage.ts';
import { decodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { torchvisionLayout } from '../../models/torchvision/layout.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import type { AnyModule } from '../../lib/module.ts';
import { lenet } from '../../models/lenet.ts';
import { resnet18 } from '../../models/resnet.ts';
import { inputError } from '../support/inputError.ts';
import { boxprop } from '../support/runCommand.ts';

const PHOTO = fileURLToPath(new URL('../fixtures/images/baseline.jpg', import.meta.url));
const GREY = fileURLToPath(new URL('../fixtures/images/grey.png', import.meta.url));

let folder = '';
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'boxprop-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('boxprop summary', () => {
  it('prints the table of the slide', () => {
    const { status, stdout } = boxprop('summary', 'alexnet');
    expect(status).toBe(0);
    const cells = stdout.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    const shapes = cells
      .filter((row) => /^\d|^4096|^1000/.test(row[2] ?? ''))
      .map((row) => `${row[1]} ${row[2]}`);
    expect(shapes).toEqual([
      'input 227x227x3',
      'conv1 55x55x96',
      'pool1 27x27x96',
      'norm1 27x27x96',
      'conv2 27x27x256',
      'pool2 13x13x256',
      'norm2 13x13x256',
      'conv3 13x13x384',
      'conv4 13x13x384',
      'conv5 13x13x256',
      'pool5 6x6x256',
      'fc6 4096',
      'fc7 4096',
      'fc8 1000',
    ]);
    expect(stdout).toContain('62,378,344');
  });

  it('prints JSON of another image, and draws', async () => {
    const svg = join(folder, 'lenet.svg');
    const { status, stdout } = boxprop(
      'summary',
      'resnet20',
      '--input',
      '40x24x1',
      '--json',
      '--svg',
      svg,
    );
    expect(status).toBe(0);
    const summary = JSON.parse(stdout) as { network: string; inputShape: number[]; rows: object[] };
    expect(summary).toMatchObject({ network: 'resnet20', inputShape: [40, 24, 1] });
    expect(summary.rows[0]).toMatchObject({ outputShape: [40, 24, 16], parameters: 16 * 9 });
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it('refuses unknown arguments in one line', () => {
    const unknown = boxprop('summary', 'alexnet2');
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toMatch(
      /^boxprop: network: unknown network "alexnet2"; did you mean alexnet\?\n$/,
    );
    expect(boxprop('summary', 'lenet', '--input', '28,28').stderr).toBe(
      'boxprop: --input: expected 3 sizes of at least 1, such as 32,32,3, got "28,28"\n',
    );
  });
});

describe('boxprop ablate', () => {
  let ablations: Ablation[];
  beforeAll(async () => {
    ablations = await ablateAlexnet();
  });

  it('counts what each removal drops, and runs what is left', () => {
    expect(
      ablations.map(({ removed, slide, paper }) => [removed.join(), slide.dropped, paper.dropped]),
    ).toEqual([
      ['', 0, 0],
      ['fc7', 16_781_312, 16_781_312],
      ['fc6,fc7', 49_414_144, 49_414_144],
      // The parameters of the two layers, and the weights that conv5 loses because it sees 256
      // channels instead of 384.
      ['conv3,conv4', 2_212_608 + 128 * 9 * 256, 1_549_056 + 64 * 9 * 256],
      ['conv3,conv4,fc6,fc7', 2_507_520 + 49_414_144, 1_696_512 + 49_414_144],
    ]);
    expect(ablations.map(({ slide }) => slide.ofLayers)).toEqual([
      0, 16_781_312, 54_534_144, 2_212_608, 56_746_752,
    ]);
    expect(ablations.map(({ paper }) => paper.ofLayers)).toEqual([
      0, 16_781_312, 54_534_144, 1_549_056, 56_083_200,
    ]);
    expect(ablations[0]).toMatchObject({
      slide: { parameters: 62_378_344 },
      paper: { parameters: 60_965_224 },
    });
    for (const { outputShape } of ablations) expect(outputShape).toEqual([1000]);
  });

  it('prints both sources', () => {
    const lines = formatAblation(ablations).split('\n');
    const row = (pattern: RegExp) => lines.find((line) => pattern.test(line)) ?? '';
    expect(row(/fc6, fc7 .*~50 million/)).toContain('49,414,144');
    expect(row(/ fc7 .* 1\.1 /)).toMatch(/1\.1 │ +27\.4 │ +40\.0 │ +18\.4 │ +0\.3/);
    expect(row(/conv3, conv4, fc6, fc7 .*33\.5/)).toMatch(
      /33\.5 │ +71\.1 │ +71\.3 │ +50\.1 │ +32\.0/,
    );
  });
});

describe('boxprop classify', () => {
  /**
   * Weights that are 0 except for the last bias: class 7 has the highest score for every image, and
   * class 2 the second highest.
   */
  async function sevens(metadata: Record<string, string>): Promise<string> {
    const network = lenet({ rng: new Rng(0), init: init.zeros });
    const scores = tensor1d([0, 0, 2, 0, 0, 0, 0, 4, 0, 0]);
    tidy(() => void network.params['7.bias'].assign(scores));
    const file = join(folder, `sevens${Object.keys(metadata).length}.safetensors`);
    await saveWeights(file, network.params, metadata);
    return file;
  }

  it('prints the five best classes, each with a bar', async () => {
    const weights = await sevens({ network: 'lenet' });
    const { status, stdout } = boxprop('classify', GREY, '--weights', weights, '--backend', 'cpu');
    expect(status).toBe(0);
    const total = Math.exp(4) + Math.exp(2) + 8;
    const percent = (score: number) => `${((100 * Math.exp(score)) / total).toFixed(2)} %`;
    const [first, second, ...others] = stdout.trimEnd().split('\n');
    expect(first).toMatch(new RegExp(`^class 7 +${percent(4)} █{21}`));
    expect(second).toMatch(new RegExp(`^class 2 +${percent(2)} █+[▏▎▍▌▋▊▉]?$`));
    expect(others).toHaveLength(3);
  });

  it('takes labels from lines, a list, or an object like torchvision’s', async () => {
    const weights = await sevens({ network: 'lenet' });
    const names = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
    const files: Record<string, string> = {
      lines: `${names.join('\n')}\n`,
      list: JSON.stringify(names),
      object: JSON.stringify(Object.fromEntries(names.map((name, i) => [i, [`n0${i}`, name]]))),
    };
    for (const [kind, text] of Object.entries(files)) {
      const labels = join(folder, kind);
      await writeFile(labels, text);
      const [best] = await classifyImage(GREY, { weights, labels, backend: 'cpu' });
      expect(best).toMatchObject({ class: 7, label: 'digit 7' });
    }
    await writeFile(join(folder, 'bad'), '{"0": 7}');
    await expect(classifyImage(GREY, { weights, labels: join(folder, 'bad') })).rejects.toThrow(
      inputError(
        `${join(folder, 'bad')}: expected JSON, a list of labels or an object from 0, 1, ... to labels`,
      ),
    );
  });

  it('recognizes a network by torchvision’s names, and uses the preprocessing of its weights', async () => {
    const network = resnet18({ rng: new Rng(0), init: init.zeros }) as AnyModule;
    tidy(
      () =>
        void network.params['fc.bias'].assign(
          tensor1d(Array.from({ length: 1000 }, (_, i) => i / 100)),
        ),
    );
    const weights = join(folder, 'resnet18.safetensors');
    const tensors = { ...network.params, ...network.buffers };
    await saveWeights(weights, tensors, {}, torchvisionLayout('resnet18', network, [224, 224, 3]));
    const best = await classifyImage(PHOTO, { weights, backend: 'cpu' });
    expect(best.map((guess) => guess.class)).toEqual([999, 998, 997, 996, 995]);
  });

  it('preprocesses the image as the training images were', async () => {
    // A network of one filter, which responds if the image is brighter than the mean in its
    // preprocessing.
    const weights = async (preprocessing: string | undefined) => {
      const network = lenet({ rng: new Rng(0), init: init.fill(0.1) });
      const file = join(folder, 'preprocessed.safetensors');
      const score = tensor1d([0, 0, 0, 3, 0, 0, 0, 0, 0, 0]);
      const last = network.params['7.weight'];
      tidy(() => {
        last.assign(mul(last, tensor2d([[0], [0], [0], [0], [0], [0], [0], [0], [0], [1]])));
        network.params['7.bias'].assign(score);
      });
      await saveWeights(file, network.params, {
        network: 'lenet',
        ...(preprocessing && { preparation: preprocessing }),
      });
      return file;
    };
    const best = async (preprocessing?: string) => {
      const [first] = await classifyImage(GREY, {
        weights: await weights(preprocessing),
        backend: 'cpu',
      });
      return first.class;
    };
    const standardize = (mean: number) =>
      JSON.stringify([{ standardize: { mean: [mean], std: [0.2] } }]);
    expect(await best(standardize(0))).toBe(9);
    expect(await best(standardize(1))).toBe(3);
    expect(await best()).toBe(9);
    await expect(best('[{"pad":1000000}]')).rejects.toThrow(
      /: preparation: \[0\]: expected a step of --preprocess: resize, pad, crop, contrast or standardize, got Object$/,
    );
  });

  it('refuses weights that do not name their network, and weights of a network in a file', async () => {
    const weights = await sevens({});
    await expect(classifyImage(GREY, { weights })).rejects.toThrow(
      inputError(
        `${weights}: expected weights that name their network, got none: name it with --network`,
      ),
    );
    const other = await sevens({ network: './evil.ts' });
    await expect(classifyImage(GREY, { weights: other })).rejects.toThrow(
      inputError(
        `${other}: the weights are of "./evil.ts", and a weights file must not run code: name that file with --network`,
      ),
    );
    const newer = await sevens({ network: 'lenet', metadataVersion: '2', seed: '1' });
    await expect(classifyImage(GREY, { weights: newer })).rejects.toThrow(
      inputError(`${newer}: expected metadata of version 1, got version "2"; update boxprop`),
    );
    const unknown = await sevens({ network: 'evil', seed: '1' });
    await expect(classifyImage(GREY, { weights: unknown })).rejects.toThrow(
      /^.*sevens2\.safetensors: network: expected one of lenet, .*, got "evil"/,
    );
    await expect(
      classifyImage(GREY, { weights, network: 'resnet20', backend: 'cpu' }),
    ).rejects.toThrow(/"conv1.weight": missing; .*"0.weight": unexpected; .* more are unexpected/);
    await expect(classifyImage(GREY, { weights, network: 'lenet', pixels: 'x' })).rejects.toThrow(
      inputError(
        '--pixels: expected one of torchvision, inception, caffe, unit, or a file such as config.json, got "x"',
      ),
    );
  });

  it('makes no network that is far larger than the file', async () => {
    const data = JSON.stringify({ inputShape: [9999, 9999, 1], classes: 10, pixels: true });
    const weights = await sevens({ network: 'lenet', data, seed: '1' });
    await expect(classifyImage(GREY, { weights, backend: 'cpu' })).rejects.toThrow(
      `Linear: weight: ${weights}: expected a network of its 431080 elements, got one of 155750425500 or more`,
    );
  });

  it('prints a name of a class on one short line, whatever the weights call it', () => {
    const label = `d\u001b[31mog\n${' '.repeat(200_000)}2`;
    const [line, ...more] = formatGuesses([{ class: 0, label, probability: 0 }]).split('\n');
    expect(more).toEqual([]);
    expect(line).toMatch(/^d \[31mog \.\.\. {50,}0\.00 %$|^d \[31mog .{0,80}0\.00 %$/);
  });

  it('draws bars of eighths', () => {
    const bars = formatGuesses(
      [1, 0.5, 0.0125, 0].map((probability, i) => ({ class: i, label: 'x', probability })),
    );
    expect(bars.split('\n')).toEqual([
      `x 100.00 % ${'█'.repeat(30)}`,
      `x  50.00 % ${'█'.repeat(15)}`,
      'x   1.25 % ▍',
      'x   0.00 %',
    ]);
  });
});

describe('boxprop export', () => {
  it('writes ONNX, and weights with the names of torchvision', async () => {
    const [weights, onnx, theirs] = ['in.safetensors', 'out.onnx', 'out.safetensors'].map((of) =>
      join(folder, of),
    );
    const network = resnet18({ rng: new Rng(0), init: init.zeros }) as AnyModule;
    await saveWeights(
      weights,
      { ...network.params, ...network.buffers },
      { network: 'resnet18', epoch: '3' },
    );
    const { status, stdout } = boxprop(
      'export',
      'resnet18',
      '--weights',
      weights,
      '--onnx',
      onnx,
      '--torchvision',
      theirs,
    );
    expect({ status, lines: stdout.split('\n') }).toEqual({
      status: 0,
      lines: [
        `${onnx}: ResNet-18 as ONNX`,
        `${theirs}: weights of ResNet-18 with torchvision's names`,
        '',
      ],
    });
    const bytes = await readFile(onnx);
    expect(bytes.length).toBeGreaterThan(4 * 11_689_512);
    const { tensors, metadata } = decodeSafetensors(await readFile(theirs), 'f');
    expect(tensors['layer1.0.conv1.weight'].shape).toEqual([64, 64, 3, 3]);
    expect({ ...metadata }).toEqual({ network: 'resnet18', epoch: '3' });
    expect(bytes.includes('BatchNormalization')).toBe(true);
    const folded = join(folder, 'folded.onnx');
    boxprop('export', 'resnet18', '--weights', weights, '--onnx', folded, '--fold');
    expect((await readFile(folded)).includes('BatchNormalization')).toBe(false);
  });

  it('says what is missing', () => {
    expect(boxprop('export', 'lenet').stderr).toBe(
      'boxprop: --weights: expected a file of weights, got none\n',
    );
    expect(boxprop('export', 'lenet', '--weights', 'w').stderr).toBe(
      'boxprop: expected --onnx FILE, --torchvision FILE or both, got neither\n',
    );
    const fold = ['--weights', 'w', '--torchvision', 'f', '--fold'];
    expect(boxprop('export', 'lenet', ...fold).stderr).toBe(
      'boxprop: --fold: expected --onnx FILE with it, got none\n',
    );
  });
});
