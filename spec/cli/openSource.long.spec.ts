import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../lib/rng.ts';
import { boxprop, BUILT, ROOT } from '../support/runCommand.ts';

/** `boxprop compare` and `boxprop probe` on each form of a network, and their errors. */

let folder: string;
const file = (...names: string[]) => join(folder, ...names);
const CPU = ['--backend', 'cpu'];
const ONNX = join(ROOT, 'spec/fixtures/onnx/images.onnx');

/** Writes images of noise of the size of the ONNX file, in some classes. */
function writePhotos(name: string, parts: readonly string[], classes: number): string {
  const rng = new Rng(1);
  for (const part of parts) {
    for (let label = 0; label < classes; label++) {
      mkdirSync(file(name, part, `c${label}`), { recursive: true });
      for (let i = 0; i < 8; i++) {
        const data = Uint8Array.from({ length: 7 * 6 * 3 }, () => rng.integer(100) + 60 * label);
        const png = encode({ height: 7, width: 6, channels: 3, data });
        writeFileSync(file(name, part, `c${label}`, `${i}.png`), png);
      }
    }
  }
  return file(name);
}

beforeAll(() => {
  folder = mkdtempSync(join(BUILT, 'spec-'));
  writePhotos('photos', ['train', 'test'], 2);
  writePhotos('three', ['train', 'test'], 3);
  writePhotos('whole', ['.'], 2);
  writeFileSync(
    file('net.mjs'),
    `import { Flatten, Linear, ReLU, Sequential } from 'boxprop';
     export const network = ({ rng, inputShape: [h, w, c], classes }) =>
       new Sequential([new Flatten(), new Linear(h * w * c, 5, { rng }), new ReLU(), new Linear(5, classes, { rng })]);`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const SHAPE = ['--shape', '7,6,3'];
const refused = (args: readonly string[], message: string) => {
  const { status, stdout, stderr } = boxprop(...args);
  expect([status, stdout, stderr]).toEqual([1, '', `boxprop: ${message}\n`]);
};

test('an imported network and one of random weights are compared, and repeatably', () => {
  const compare = (seed: string) => {
    const out = ['--out', file('c.html'), '--json', file('c.json')];
    const data = ['--data', file('photos'), ...SHAPE, '--seed', seed];
    const { status, stdout, stderr } = boxprop('compare', ONNX, file('net.mjs'), ...data, ...CPU, ...out); // prettier-ignore
    expect([status, stderr]).toEqual([
      0,
      `boxprop: ${file('net.mjs')}: the weights are random, of seed ${seed}\n`,
    ]);
    expect(stdout).toMatch(/^16 examples of .*photos.test, in minibatches of 16\n/);
    return JSON.parse(readFileSync(file('c.json'), 'utf8')) as { a: object[]; cka: number[][] };
  };
  const [one, again, other] = ['3', '3', '4'].map(compare);
  expect(one.cka).toHaveLength(one.a.length);
  expect(one.cka[0]).toHaveLength(3);
  expect(again).toEqual(one);
  expect(other.cka).not.toEqual(one.cka);
});

test('a network of other classes than the data is probed', () => {
  const args = ['--data', file('three'), ...SHAPE, ...CPU, '--out', file('p.html')];
  const { status, stdout } = boxprop('probe', ONNX, ...args, '--features', '10');
  expect(status).toBe(0);
  expect(stdout).toContain(`Test error on 24 examples of ${file('three', 'test')}`);
  expect(stdout).not.toContain('The network itself');
  expect(stdout).not.toMatch(/│ +(1[1-9]|[2-9]\d|\d{3,}) │ +\d+\.\d\d ±/);
});

test('what cannot be opened is refused in one line', () => {
  refused(['compare', ONNX, 'lenett', ...CPU], '"lenett": unknown network "lenett"; did you mean lenet?'); // prettier-ignore
  refused(
    ['probe', file('photos'), ...CPU],
    `probe: expected the folder of a run, got ${JSON.stringify(file('photos'))}: ENOENT: no such file or directory`,
  );
  refused(
    ['probe', ONNX, '--data', file('whole'), ...SHAPE, ...CPU],
    `--data: expected test examples beside ${file('whole')}, got none: name data with a part for tests`,
  );
  refused(
    ['compare', ONNX, ONNX, '--limit', '3', ...CPU],
    '--limit: expected an integer of at least 4, got "3"',
  );
  refused(['compare', ONNX, ...CPU], "missing required argument 'b'");
});
