import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../index.ts';
import { readWeightsFile } from '../../cli/weightsFile.ts';
import { decodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { inputError } from '../support/inputError.ts';
import { boxprop, BUILT, KERNELS, MAIN, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-data-'));
  // The folder looks like a project that has boxprop installed.
  mkdirSync(file('node_modules'));
  symlinkSync(BUILT, file('node_modules', 'boxprop'));
  writeFileSync(file('package.json'), '{"type":"module"}');
  writeFileSync(file('net.ts'), NETWORK);
  mkdirSync(file('csv'));
  for (const [name, count, seed] of [
    ['train', 120, 1],
    ['test', 60, 2],
  ] as const)
    writeFlowers(name, count, seed);
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (...names: string[]) => join(folder, ...names);
const WASM = ['--backend', 'wasm'];

/**
 * Writes records whose channels have very different means and deviations. A network learns from
 * them only after standardization.
 */
function writeFlowers(name: string, count: number, seed: number): void {
  const rng = new Rng(seed);
  const lines = Array.from({ length: count }, (_, n) => {
    const kind = n % 3;
    return [
      1000 + kind + 0.2 * rng.normal(),
      5,
      0.001 * (kind === 1 ? 3 : 1) + 1e-4 * rng.normal(),
      ['iris', 'rose', 'aster'][kind],
    ];
  });
  writeFileSync(
    file('csv', `${name}.csv`),
    ['size,same,bend,label', ...lines.map((line) => line.join())].join('\n'),
  );
}

const NETWORK = `
import { Flatten, Linear, Sequential } from 'boxprop';
export const network = ({ rng, inputShape: [h, w, c], classes }) =>
  new Sequential([new Flatten(), new Linear(h * w * c, classes, { rng })]);
`;

describe('a network of one file, on CSV', () => {
  it('is trained with --config, which the command line overrides; the weights store the preprocessing', () => {
    const config = {
      network: file('net.ts'),
      data: file('csv'),
      preprocess: ['standardize'],
      epochs: 50,
      batchSize: 8,
    };
    writeFileSync(
      file('run.json'),
      JSON.stringify({ ...config, learningRate: 0.1, backend: 'wasm', validationSplit: 0.2 }),
    );
    const args = ['train', '--config', file('run.json'), '--epochs', '12', '--out', file('run')];
    const trained = boxprop(...args);
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(trained.stdout).toMatch(/^epoch 12\/12: /m);
    expect(trained.stdout).toMatch(/^test accuracy 100.00 % after \d+ epochs?; /m);
    const weights = file('run', 'weights.safetensors');
    const { preparation } = decodeSafetensors(readFileSync(weights), 'weights').metadata;
    const [{ standardize }] = JSON.parse(preparation) as [
      { standardize: { mean: number[]; std: number[] } },
    ];
    expect(standardize.mean[0]).toBeCloseTo(1001, 0);
    expect(standardize.std[1]).toBe(0);
    const refused = boxprop('evaluate', weights, '--data', file('csv'), ...WASM);
    expect(refused.stderr).toBe(
      `boxprop: ${weights}: the weights are of "net.ts", and a weights file must not run code: ` +
        'name that file with --network\n',
    );
    const named = ['--network', file('net.ts')];
    const evaluated = boxprop('evaluate', weights, ...named, '--data', file('csv'), ...WASM);
    expect(evaluated).toMatchObject({ status: 0, stderr: '' });
    expect(evaluated.stdout.split('\n')[0]).toContain('error 0.00 % (0 of 60)');
    expect(evaluated.stdout).toContain('    0 20  .  .  aster\n');
    expect(boxprop('report', file('run'), ...named, ...WASM)).toMatchObject({
      status: 0,
      stderr: '',
    });
    const onOther = (name: string, change: (text: string) => string) => {
      mkdirSync(file(name));
      for (const part of ['train.csv', 'test.csv'])
        writeFileSync(file(name, part), change(readFileSync(file('csv', part), 'utf8')));
      return boxprop('evaluate', weights, ...named, '--data', file(name), ...WASM).stderr;
    };
    const photo = file('photo.png');
    writeFileSync(
      photo,
      encode({ height: 1, width: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }),
    );
    expect(boxprop('classify', photo, '--weights', weights, ...named, ...WASM).stderr).toBe(
      `boxprop: ${weights}: expected weights trained on images, got weights trained on other data: --pixels says how ` +
        'pixels become inputs\n',
    );
    expect(onOther('more', (text) => text.replace('iris', 'lily'))).toBe(
      `boxprop: ${weights}: expected data of 3 classes, as in its training, got 4\n`,
    );
    expect(onOther('renamed', (text) => text.replaceAll('rose', 'pine'))).toBe(
      `boxprop: ${weights}: expected data whose class 2 is "rose", as in its training, got "pine"\n`,
    );
  });

  it('can be checked by boxprop doctor', () => {
    const args = ['doctor', file('net.ts'), '--data', file('csv'), ...WASM];
    const scale = (text: string) =>
      text.split('\n').find((line) => /data|input/i.test(line.slice(0, 30)));
    expect(scale(boxprop(...args).stdout)).toMatch(/^(bad|warning)/);
    expect(scale(boxprop(...args, '--preprocess', 'standardize').stdout)).toMatch(/^good/);
  });

  it.each([
    ['none.json', undefined, 'cannot be read: ENOENT: no such file or directory'],
    ['a.json', '{', /^expected JSON: /],
    ['b.json', '[1]', 'expected an object of options, got [1]'],
    ['c.json', '{"network":"lenet","epohcs":3}', 'unknown option epohcs; did you mean epochs?'],
    [
      'd.json',
      '{"network":"lenet","epochs":0}',
      '--epochs: expected an integer of at least 1, got "0"',
    ],
    [
      'e.json',
      '{"network":"lenet","report":"no"}',
      '--no-report: expected true or false, got "no"',
    ],
    [
      'f.json',
      '{"network":"lenet","data":{"a":1}}',
      '--data: expected text or a number, got Object',
    ],
    ['g.json', '{"network":"lenet","out":"x"}', 'out: expected --out on the command line only'],
    ['k.json', '{"network":"lenet","zzz":1}', /^unknown option zzz; expected one of network, /],
    ['i.json', '{"network":"lenet","rate":0.1}', 'unknown option rate; did you mean learningRate?'],
    ['j.json', '{"network":3}', 'network: expected a name or a file, got 3'],
    ['h.ts', 'export const options = 3;', 'expected an object of options, got undefined'],
  ])('%s is refused', (name, text, message) => {
    if (text !== undefined) writeFileSync(file(name), text);
    const { status, stderr } = boxprop('train', '--config', file(name));
    expect(status).toBe(1);
    const start = `boxprop: ${file(name)}: `;
    expect(stderr.slice(0, start.length)).toBe(start);
    expect(stderr.slice(start.length).trimEnd()).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  it('needs no package.json that says "module"', () => {
    mkdirSync(file('plain', 'node_modules'), { recursive: true });
    writeFileSync(file('plain', 'package.json'), '{"type":"commonjs"}');
    symlinkSync(BUILT, file('plain', 'node_modules', 'boxprop'));
    writeFileSync(file('plain', 'net.ts'), `${NETWORK}\nexport const size: number = 3;`);
    writeFileSync(file('plain', 'net.js'), NETWORK);
    const summary = (name: string) => boxprop('summary', file('plain', name), '--input', '1,1,3');
    expect(summary('net.ts')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('40') as string,
    });
    expect(summary('net.js').stderr).toMatch(
      /^boxprop: \S+net\.js: cannot be loaded: Cannot use import [^\n]*\n$/m,
    );
  });

  it.each([
    [
      'empty.ts',
      'export const net = 1;',
      'expected an exported function network({ rng, inputShape, classes }), got undefined',
    ],
    ['number.ts', 'export const network = () => 3;', 'expected network() to return a box, got 3'],
    [
      'foreign.ts',
      'export const network = () => ({ backpropToInput: 1 });',
      'expected a box of this boxprop, got Object of another copy: it imports another installation of boxprop',
    ],
    [
      'foreign.cjs',
      'exports.network = () => ({ backpropToInput: 1 });',
      'expected a box of this boxprop, got Object of another copy: name it foreign.mjs, or put "type": "module" into its ' +
        'package.json',
    ],
  ])('a network in %s is refused', (name, text, message) => {
    writeFileSync(file(name), text);
    const { stderr } = boxprop(
      'train',
      file(name),
      '--data',
      file('csv'),
      ...WASM,
      '--out',
      file('never'),
    );
    expect(stderr).toBe(`boxprop: ${file(name)}: ${message}\n`);
    expect(existsSync(file('never'))).toBe(false);
  });

  it('can be listed by boxprop summary', () => {
    const { status, stdout } = boxprop('summary', file('net.ts'), '--input', '1,1,3', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      network: file('net.ts'),
      total: { parameters: 40 },
    });
  });

  it('refuses Nesterov’s momentum for an optimizer without momentum', () => {
    const args = [
      'train',
      file('net.ts'),
      '--data',
      file('csv'),
      ...WASM,
      '--nesterov',
      '--out',
      file('never'),
    ];
    const expected = 'boxprop: --nesterov: expected --optimizer sgd with a --momentum above 0, got';
    expect(boxprop(...args, '--momentum', '0').stderr).toBe(`${expected} momentum 0\n`);
    expect(boxprop(...args, '--optimizer', 'adam').stderr).toBe(`${expected} adam\n`);
  });

  it('refuses an invalid shape, and a shape that the data do not have', () => {
    const args = ['train', file('net.ts'), ...WASM, '--out', file('never')];
    expect(boxprop(...args, '--shape', '3x3').stderr).toBe(
      'boxprop: --shape: expected 3 sizes of at least 1, such as 32,32,3, got "3x3"\n',
    );
    expect(boxprop(...args, '--shape', '3,3,1').stderr).toBe(
      'boxprop: --shape: expected [28, 28, 1], which mnist train has, got [3, 3, 1]\n',
    );
  });
});

test('images in folders are trained on, resized to --shape; the weights store the shape and classes', () => {
  const rng = new Rng(3);
  for (const part of ['train', 'test']) {
    for (const [label, name] of ['dark', 'light'].entries()) {
      mkdirSync(file('photos', part, name), { recursive: true });
      for (let i = 0; i < 10; i++) {
        const [height, width] = [12 + rng.integer(5), 10];
        const data = Uint8Array.from(
          { length: height * width * 3 },
          () => 100 * label + rng.integer(100),
        );
        writeFileSync(
          file('photos', part, name, `${i}.png`),
          encode({ height, width, channels: 3, data }),
        );
      }
    }
  }
  const args = [
    'train',
    file('net.ts'),
    '--data',
    file('photos'),
    '--shape',
    '6,5,1',
    '--preprocess',
    'standardize',
    '--learning-rate',
    '0.1',
    '--nesterov',
    '--clip-value',
    '0.5',
  ];
  const { status, stdout, stderr } = boxprop(
    ...args,
    '--batch-size',
    '4',
    '--out',
    file('photo-run'),
    ...WASM,
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('test accuracy 100.00 %');
  const weights = ['--weights', file('photo-run', 'weights.safetensors')];
  const photo = file('photos', 'test', 'light', '3.png');
  const guessed = boxprop(
    'classify',
    photo,
    ...weights,
    '--network',
    file('net.ts'),
    '--json',
    ...WASM,
  );
  expect(JSON.parse(guessed.stdout)).toMatchObject([
    { class: 1, label: 'light' },
    { label: 'dark' },
  ]);
  writeFileSync(file('labels.txt'), 'a\nb\nc\n');
  const labelled = ['--labels', file('labels.txt'), '--network', file('net.ts')];
  expect(boxprop('classify', photo, ...weights, ...labelled).stderr).toBe(
    `boxprop: ${file('labels.txt')}: expected 2 labels, one per class, got 3\n`,
  );
  const exported = boxprop('export', file('net.ts'), ...weights, '--onnx', file('net.onnx'));
  expect(exported).toMatchObject({
    status: 0,
    stdout: `${file('net.onnx')}: ${file('net.ts')} as ONNX\n`,
  });
});

test.each([
  [{ inputShape: [6, 5] }, 'inputShape[2]: expected an integer from 1 to 100000, got none'],
  [
    { inputShape: [6, 5, 1e9] },
    'inputShape[2]: expected an integer from 1 to 100000, got 1000000000',
  ],
  [
    { inputShape: [1e5, 1e5, 3] },
    'inputShape: expected at most 10^8 values, got [100000, 100000, 3]',
  ],
  [{ classNames: ['dark'] }, 'expected as many classNames as the 2 classes, got Object'],
  [{ classNames: ['dark', null] }, 'classNames[1]: expected text, got null'],
  [{ classes: 0 }, 'classes: expected an integer from 1 to 100000, got 0'],
  [{ pixels: 'yes' }, 'pixels: expected true or false, got "yes"'],
])('weights with bad metadata about their data are refused: %j', async (entries, message) => {
  const data = { inputShape: [6, 5, 1], classes: 2, pixels: true, ...entries };
  const weights = file('strange.safetensors');
  await saveWeights(weights, {}, { network: 'lenet', data: JSON.stringify(data) });
  await expect(readWeightsFile(weights)).rejects.toThrow(
    inputError(`${weights}: data: ${message}`),
  );
});

describe('when the checkpoint cannot be written, the one before it stays and loads:', () => {
  const resume = (dir: string, network: string) => {
    return [MAIN, 'train', network, '--resume', dir, '--epochs', '3'];
  };
  const whole = (dir: string) =>
    readFileSync(join(dir, 'checkpoint.safetensors')).toString('base64');
  const made = (name: string, network: string) => {
    const dir = file(name);
    const args = [
      'train',
      network,
      '--data',
      file('csv'),
      '--epochs',
      '1',
      '--learning-rate',
      '1e-9',
      ...WASM,
      '--no-report',
      '--out',
      dir,
    ];
    expect(boxprop(...args)).toMatchObject({ status: 0, stderr: '' });
    return dir;
  };

  it('the disk is full', () => {
    // 600,000 weights and as many velocities take 4.8 MB.
    writeFileSync(
      file('wide.ts'),
      NETWORK.replace('new Flatten()', 'new Flatten(), new Linear(3, 150000, { rng })').replace(
        'h * w * c,',
        '150000,',
      ),
    );
    const dir = made('full', file('wide.ts'));
    const before = whole(dir);
    // A limit on the file size. Writing past it fails as on a full disk.
    const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`;
    const { status, stderr } = runProgram(
      'bash',
      ['-c', command, process.execPath, ...resume(dir, file('wide.ts'))],
      {
        cwd: ROOT,
      },
    );
    expect(status).toBe(1);
    expect(stderr.replace(KERNELS, '')).toMatch(
      /^boxprop: \S+\.safetensors: cannot be written: EFBIG: [^\n]*\n$/,
    );
    expect(whole(dir) === before).toBe(true);
    const { stdout } = boxprop(
      'evaluate',
      join(dir, 'checkpoint.safetensors'),
      '--network',
      file('wide.ts'),
      '--data',
      file('csv'),
      ...WASM,
    );
    expect(stdout).toContain(' of 60)');
    // With enough room again, the training continues.
    expect(boxprop('train', file('wide.ts'), '--resume', dir, '--epochs', '2').status).toBe(0);
  }, 60_000);

  // Root may write anywhere, so under root the program runs as nobody, who must be able to read the
  // sources.
  const root = process.getuid?.() === 0;
  const nobody = { uid: 65534, gid: 65534 };
  const able =
    !root ||
    runProgram(process.execPath, ['-e', "fs.readFileSync('package.json')"], {
      cwd: ROOT,
      ...nobody,
    }).status === 0;
  (able ? it : it.skip)(
    `the folder is read-only${able ? '' : ' (skipped: run as root, in a folder that no other user reads)'}`,
    () => {
      const dir = made('readonly', file('net.ts'));
      const before = whole(dir);
      chmodSync(folder, 0o755);
      chmodSync(dir, 0o555);
      const { status, stderr } = runProgram(process.execPath, resume(dir, file('net.ts')), {
        cwd: ROOT,
        ...(root && nobody),
      });
      chmodSync(dir, 0o755);
      expect(status).toBe(1);
      expect(stderr.replace(KERNELS, '')).toBe(
        `boxprop: --resume: expected a folder that can be written, got ${JSON.stringify(dir)}: EACCES: permission denied\n`,
      );
      expect(whole(dir) === before).toBe(true);
      copyFileSync(join(dir, 'checkpoint.safetensors'), file('copy.safetensors'));
      const named = ['--network', file('net.ts'), '--data', file('csv')];
      expect(boxprop('evaluate', file('copy.safetensors'), ...named, ...WASM).status).toBe(0);
    },
    60_000,
  );
});
