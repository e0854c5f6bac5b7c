import { memory, tensor } from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { Conv2D, Flatten, gabor, Linear, ReLU, Rng, Sequential, useBackend } from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import type { TopPatch } from '../../inspect/index.ts';
import { collectReport } from '../../report/collect.ts';
import { gaborFits } from '../../report/gaborFits.ts';
import { gaborSection } from '../../report/gaborSection.ts';
import { stacked, tiles, type Picture, type Tiles } from '../../report/pictures.ts';
import { boxPatches, captionOf, patchesPicture } from '../../report/unitPatches.ts';
import { unitsSection } from '../../report/unitsSection.ts';

beforeAll(() => useBackend('cpu'));

const patch = (
  response: number,
  corner: number[],
  shape: number[],
  values: number[],
): TopPatch => ({
  example: 3,
  response,
  place: corner,
  corner,
  shape,
  values: Float32Array.from(values),
  gradient: Float32Array.from(values, (v) => -v),
  projection: Float32Array.from(values, (v) => -v),
});

const rows = (picture: Tiles | undefined) => {
  const { width, height, data } = decode(picture?.png ?? new Uint8Array());
  return Array.from({ length: height }, (_, y) => [...data.slice(y * width, (y + 1) * width)]);
};

describe('patches of units', () => {
  test('shows patches beside their projections; a patch cut by the border keeps its position, and the rest is white', () => {
    const unit = {
      unit: 0,
      least: 0,
      patches: [patch(2, [4, 4], [2, 2, 1], [0, 1, 2, 4]), patch(1, [0, 4], [1, 2, 1], [4, 0])],
    };
    const light = Math.round(255 * 0.88);
    expect(rows(patchesPicture(unit))).toEqual([
      [0, light / 4, 255, 255, 255, 255, 255, 255, 128, 96, 255, 255, 255],
      [light / 2, light, 255, light, 0, 255, 255, 255, 64, 0, 255, 0, 128],
    ]);
    const occlusions = [Float32Array.of(3, 1, 3, 3), Float32Array.of(2, 3)];
    expect(rows(patchesPicture({ ...unit, occlusions })).map((row) => row.slice(16))).toEqual([
      [light, 0, 255, 255, 255],
      [light, light, 255, light / 2, light],
    ]);
    // Five patches make a square of three columns.
    const five = { ...unit, patches: Array.from({ length: 5 }, () => unit.patches[0]) };
    expect(rows(patchesPicture(five)).map(({ length }) => length)).toEqual(
      Array.from({ length: 5 }, () => 2 * 8 + 3),
    );
  });

  test('describes the response of each unit', () => {
    const one = { unit: 3, patches: [patch(4.2171, [0], [], []), patch(3, [0], [], [])] };
    expect(captionOf({ ...one, least: -1 })).toBe('unit 3: 4.22 to 3');
    expect(captionOf({ unit: 3, patches: [patch(0, [0], [], [])], least: 0 })).toBe(
      'unit 3: 0 for every input',
    );
    expect(captionOf({ unit: 3, patches: [], least: Infinity })).toBe(
      'unit 3: has no finite response',
    );
    expect(patchesPicture({ unit: 3, patches: [], least: Infinity })).toBeUndefined();
    expect(
      unitsSection([
        { label: 'a < b', units: [{ unit: 3, patches: [], least: Infinity }], rule: 'deconvnet' },
      ]),
    ).toContain(
      '<h3>a &#60; b</h3><div class="units"><figure><figcaption>unit 3: has no finite response',
    );
  });

  test('shows the first and last convolutions and the vector before the scores, without a leak', async () => {
    const rng = new Rng(0);
    const network = new Sequential([
      new Conv2D(1, 9, 3, { rng }),
      new ReLU(),
      new Sequential([new Conv2D(9, 4, 2, { rng })]),
      new Flatten(),
      new Linear(4 * 3 * 4, 5, { rng }),
      new ReLU(),
      new Linear(5, 2, { rng }),
    ]);
    const inputs = Float32Array.from(rng.normals(12 * 42));
    const labels = Array.from({ length: 12 }, (_, n) => n % 2);
    const data = new ArrayDataset({
      name: 'noise',
      inputs,
      inputShape: [6, 7, 1],
      labels,
      classes: 2,
    });
    const { numTensors } = memory();
    const found = await boxPatches(network, data);
    expect(memory().numTensors).toBe(numTensors);
    expect(
      found.map(({ label, units }) => [label, units.length, units[0].patches[0].shape]),
    ).toEqual([
      ['Conv2D 0', 8, [3, 3, 1]],
      ['Conv2D 2.0', 4, [4, 4, 1]],
      ['Linear 4', 5, [6, 7, 1]],
    ]);
    // This network has a single convolution, which is the first and the last, and no vector except
    // the scores.
    const small = new Sequential([
      new Conv2D(1, 2, 3, { rng }),
      new Flatten(),
      new Linear(40, 2, { rng }),
    ]);
    expect((await boxPatches(small, data)).map(({ label }) => label)).toEqual(['Conv2D 0']);
  });

  test('grey and colour pictures can be stacked', () => {
    const grey = tiles([{ height: 1, width: 1, channels: 1, values: [0.2] }], 1, [0, 1]);
    const colour = tiles(
      [{ height: 1, width: 2, channels: 3, values: [0, 0.2, 1, 0, 0, 0] }],
      1,
      [0, 1],
    );
    const { width, height, channels, data } = decode(stacked([grey, colour]));
    expect([width, height, channels]).toEqual([2, 5, 3]);
    expect([...data.slice(0, 6)]).toEqual([51, 51, 51, 255, 255, 255]);
    expect([...data.slice(24)]).toEqual([0, 51, 255, 0, 0, 0]);
  });
});

describe('the Gabor functions of a first layer', () => {
  const stripes = { x: 3, y: 3, orientation: 0.5, sigma: 2, aspect: 0.7, wavelength: 4, phase: 1 };
  const picture = (values: ArrayLike<number>, channels = 1): Picture => ({
    height: 7,
    width: 7,
    channels,
    values,
  });

  test('are distinguished from noise, edges and blobs', async () => {
    const found = await gaborFits([
      picture(gabor(stripes, 7, 7)),
      picture(new Rng(4).normals(49)),
      picture(Float32Array.from({ length: 49 }, (_, i) => (i % 7 < 3 ? -1 : 1))),
      picture(Float32Array.from({ length: 49 }, (_, i) => Math.exp(-(((i % 7) - 3) ** 2 + (Math.floor(i / 7) - 3) ** 2) / 4))), // prettier-ignore
      picture(new Float32Array(49)),
    ]);
    expect(found?.fits.map(({ isGabor }) => isGabor)).toEqual([true, false, false, false]);
    expect(found?.ofNoise).toBeGreaterThan(0.2);
    expect(found?.ofNoise).toBeLessThan(0.7);
    const { explained, orientation, frequency } = found?.fits[0].gabor ?? {};
    expect([explained, orientation, frequency].map((v) => v?.toFixed(3))).toEqual([
      '1.000',
      '0.500',
      '0.250',
    ]);
    expect(found?.sentence).toMatch(
      /^1 of 4 filters is a Gabor function\. The nearest .* more than \d\d % of Σ f² of 3 of them, /,
    );
    const html = found && gaborSection(found);
    expect(html).toContain('<b>100 %</b> · 29°<br>0.25 · 57°');
    expect(html?.match(/<circle/g)).toHaveLength(4);
    // Without a second training nothing is said about noise, but how to get it.
    expect(found?.noiseSentence).toBeUndefined();
    expect(html).toContain('unknown without a second training: boxprop report RUN --repeat RUN.');
    expect(html).not.toContain('noise: ');
    // Each filter has two pictures: 3 tiles of 7x7, and 2 tiles of 32x32.
    expect(html?.match(/width="23" height="7"/g)).toHaveLength(4);
    expect(html?.match(/width="65" height="32"/g)).toHaveLength(4);
    expect(html).toMatch(/bandwidth of at most \d\.\d octaves at half of the amplitude/);
  });

  test('the residual is tested against the noise', async () => {
    const [clean, rest] = [gabor(stripes, 7, 7), new Rng(7).normals(49)];
    const edge = Float32Array.from({ length: 49 }, (_, i) => (i % 7 < 3 ? -1 : 1));
    const filters = [picture(clean.map((v, i) => v + 0.1 * rest[i])), picture(edge)];
    const found = await gaborFits(filters, 0.01);
    expect(found?.fits.map(({ residual }) => residual?.isNoise)).toEqual([true, false]);
    expect(found?.fits[0].residual?.degreesOfFreedom).toBe(41);
    expect(found?.noiseSentence).toMatch(
      /^What the fit leaves of a filter cannot be told from noise for 1 of 2 filters \(50 %; /,
    );
    const html = found && gaborSection(found);
    expect(html).toMatch(/<br>noise: \d\d %<\/figcaption>/);
    expect(html).toContain('<br>noise: &lt; 0.1 %</figcaption>');
    // In colour, the direction has two parameters more.
    const colour = await gaborFits([picture(new Rng(2).normals(147), 3)], 1);
    expect(colour?.fits[0].residual?.degreesOfFreedom).toBe(137);
  });

  test('the noise is the difference from a repeated training', async () => {
    const networkOf = (change: number) => {
      const rng = new Rng(3);
      const conv = new Conv2D(1, 2, 5, { rng });
      const { weight } = conv.params;
      const values = weight.dataSync().map((v, i) => v + (i % 2 === 0 ? change : -change));
      weight.assign(tensor(values, weight.shape));
      return new Sequential([conv, new ReLU(), new Flatten(), new Linear(2 * 4 * 4, 2, { rng })]);
    };
    const dataset = new ArrayDataset({
      name: 'noise',
      inputs: new Rng(1).normals(8 * 64),
      inputShape: [8, 8, 1],
      labels: [0, 1, 0, 1, 0, 1, 0, 1],
      classes: 2,
    });
    const [network, repeated] = [networkOf(0), networkOf(0.02)];
    const options = { title: 'twice', log: [], network, dataset };
    const { numTensors } = memory();
    const { gabors } = await collectReport({ ...options, repeated });
    expect(memory().numTensors).toBe(numTensors);
    const [{ filter, fit, residual }] = gabors?.fits ?? [];
    const squares = Array.from(filter.values, (v, i) => (v - fit.values[i]) ** 2);
    const sum = squares.reduce((total, v) => total + v, 0);
    // Half of the mean squared difference.
    expect(residual?.chiSquared).toBeCloseTo(sum / (0.02 ** 2 / 2), 2);
    expect((await collectReport(options)).gabors?.fits[0].residual).toBeUndefined();
    await expect(collectReport({ ...options, repeated: network })).rejects.toThrow(
      /^weightNoise: expected trainings with different orders/,
    );
  });

  test('in colour: the fit is along the colour direction that varies most, and its quality counts all three channels', async () => {
    const [colour, grey] = [[0.8, -0.6, 0], gabor(stripes, 7, 7)];
    const noise = new Rng(2).normals(147);
    const values = Float32Array.from(
      noise,
      (v, i) => 0.02 * v + colour[i % 3] * grey[Math.floor(i / 3)],
    );
    const found = await gaborFits([picture(values, 3)]);
    const total = values.reduce((sum, v) => sum + v * v, 0);
    const off = found?.fits[0].fit.values ?? [];
    const rest = values.reduce((sum, v, i) => sum + (v - off[i]) ** 2, 0);
    expect(found?.fits[0].gabor.explained).toBeCloseTo(1 - rest / total, 5);
    expect(found?.fits[0].gabor.explained).toBeGreaterThan(0.97);
    expect(found?.fits[0].gabor.explained).toBeLessThan(1);
    expect(found?.sentence).toMatch(/^1 of 1 filters is a Gabor function/);
  });

  test('are not reported for filters that are too small or all 0', async () => {
    expect(
      await gaborFits([{ height: 3, width: 5, channels: 1, values: new Rng(0).normals(15) }]),
    ).toBeUndefined();
    expect(await gaborFits([picture(new Float32Array(49))])).toBeUndefined();
    expect(await gaborFits([])).toBeUndefined();
  });
});
