import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../lib/rng.ts';
import { FakeMachine } from '../support/fakeMachine.ts';
import { boxprop, BUILT, ROOT } from '../support/runCommand.ts';

/**
 * Runs every command once, from end to end, on a few small images. Each command also has its own
 * specs.
 */

const NETWORK = `
import { Conv2D, Flatten, Linear, ReLU, Sequential } from 'boxprop';
export function network({ rng, inputShape: [height, width, channels], classes }) {
  return new Sequential([
    new Conv2D(channels, 2, 3, { rng }),
    new ReLU(),
    new Flatten(),
    new Linear(2 * (height - 2) * (width - 2), classes, { rng }),
  ]);
}
`;
const [HEIGHT, WIDTH] = [6, 5];

let folder: string;
let network: string;
let weights: string;
let data: readonly string[];
let photo: string;
const file = (...names: string[]) => join(folder, ...names);
const WASM = ['--backend', 'wasm'];

/** Writes dark and light images, one folder per class. */
function writePhotos(part: string, rng: Rng): void {
  for (const [label, name] of ['dark', 'light'].entries()) {
    mkdirSync(file('photos', part, name), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const values = Uint8Array.from(
        { length: HEIGHT * WIDTH },
        () => 150 * label + rng.integer(80),
      );
      const png = encode({ height: HEIGHT, width: WIDTH, channels: 1, data: values });
      writeFileSync(file('photos', part, name, `${i}.png`), png);
    }
  }
}

/**
 * Lines that TensorFlow, if it is installed, writes to stderr when it starts. They cannot be
 * switched off.
 */
const TENSORFLOW = /^(WARNING: All log messages before absl|I0000 ).*\n/gm;

/** The lines that a command prints to stdout. It must print nothing to stderr. */
function run(...args: string[]): string[] {
  const { status, stdout, stderr } = boxprop(...args);
  expect(stderr.replace(TENSORFLOW, '')).toBe('');
  // The doctor exits with 1 if it finds a problem, and 12 images are too few for it.
  if (args[0] !== 'doctor') expect(status).toBe(0);
  return stdout.trimEnd().split('\n');
}

beforeAll(() => {
  // The folder is inside the project, so that the network's import of boxprop is resolved.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  network = file('net.ts');
  writeFileSync(network, NETWORK);
  const rng = new Rng(4);
  for (const part of ['train', 'test']) writePhotos(part, rng);
  data = ['--data', file('photos'), '--shape', `${HEIGHT},${WIDTH},1`];
  photo = file('photos', 'test', 'light', '0.png');
  weights = file('run', 'weights.safetensors');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The commands, in the order of the tests: those after `train` read the files that it wrote. */
const COMMANDS: Readonly<Record<string, () => void | Promise<void>>> = {
  gradcheck() {
    const lines = run('gradcheck', 'Linear', 'Euclidean', '--cases', '2');
    expect(lines.at(-1)).toBe('float64, seed 0: every gradient agrees');
    const ofNetwork = run('gradcheck', network, '--input', `${HEIGHT},${WIDTH},1`);
    expect(ofNetwork.at(-1)).toBe('float64, seed 0: every gradient agrees');
  },
  doctor() {
    const lines = run('doctor', network, ...data, ...WASM);
    expect(lines.filter((line) => /^(good|warning|bad) /.test(line)).length).toBeGreaterThan(5);
  },
  train() {
    const epochs = ['--epochs', '3', '--no-report'];
    const lines = run('train', network, ...data, ...WASM, ...epochs, '--out', file('run'));
    expect(lines.at(-1)).toMatch(/^test accuracy \d+\.\d\d % after 3 epochs; weights in /);
  },
  evaluate() {
    const [line] = run('evaluate', weights, '--network', network, ...data, ...WASM);
    expect(line).toMatch(/: error \d+\.\d\d % \(\d+ of 12\), accuracy /);
  },
  report() {
    run('report', file('run'), '--network', network, ...WASM);
    expect(readFileSync(file('run', 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    const repeat = ['--network', network, '--repeat', file('run'), '--out', file('again.html')];
    expect(boxprop('report', file('run'), ...repeat, ...WASM).stderr).toContain(
      'weightNoise: expected trainings with different orders of the examples, got equal weights',
    );
    cpSync(file('run'), file('other'), { recursive: true });
    const config = readFileSync(file('run', 'config.json'), 'utf8');
    writeFileSync(file('other', 'config.json'), config.replace('"momentum": 0.9', '"momentum": 0'));
    const other = ['--network', network, '--repeat', file('other'), '--out', file('again.html')];
    expect(boxprop('report', file('run'), ...other, ...WASM).stderr).toBe(
      `boxprop: --repeat: ${file('other')}: expected momentum to be 0.9, as in ${file('run')}, got 0\n`,
    );
  },
  search() {
    const space = {
      network,
      data: file('photos'),
      shape: `${HEIGHT},${WIDTH},1`,
      backend: 'wasm',
      epochs: 1,
      momentum: { choices: [0, 0.9] },
    };
    writeFileSync(file('space.json'), JSON.stringify(space));
    const grid = ['--method', 'grid', '--folds', '2', '--workers', '1'];
    const lines = run('search', file('space.json'), ...grid, '--out', file('search'));
    expect(lines.filter((line) => /^trial [12]\/2: error /.test(line))).toHaveLength(2);
    expect(statSync(file('search', 'best.json')).isFile()).toBe(true);
  },
  example() {
    expect(run('example').join('\n')).toContain('w13');
  },
  explore() {
    // spec/cli/explore.spec.ts opens the page.
    const { stderr } = boxprop('explore', file('run'), '--no-open');
    expect(stderr).toContain('expected weights of a network of boxprop');
  },
  summary() {
    const { total } = JSON.parse(
      run('summary', network, '--input', `${HEIGHT},${WIDTH},1`, '--json').join('\n'),
    ) as { total: { parameters: number } };
    expect(total.parameters).toBe(2 * 9 + 2 + 2 * 4 * 3 * 10 + 10);
  },
  ablate() {
    const ablations = JSON.parse(run('ablate', 'alexnet', '--json').join('\n')) as unknown[];
    expect(ablations).toHaveLength(5);
  },
  classify() {
    const named = ['--weights', weights, '--network', network];
    const guesses = JSON.parse(run('classify', photo, ...named, '--json', ...WASM).join('\n')) as {
      label: string;
    }[];
    expect(guesses.map(({ label }) => label).sort()).toEqual(['dark', 'light']);
  },
  fool() {
    const out = file('fool.png');
    const lines = run('fool', weights, '--network', network, ...data, ...WASM, '--out', out);
    expect(lines.at(-1)).toBe(out);
    expect(statSync(out).isFile()).toBe(true);
  },
  transfer() {
    const named = [weights, weights, '--network', network, ...data, ...WASM];
    const { rows } = JSON.parse(run('transfer', ...named, '--json').join('\n')) as {
      rows: { errorRates: number[] }[];
    };
    expect(rows.map(({ errorRates }) => errorRates.length)).toEqual([2, 2, 2]);
  },
  units() {
    const out = file('units.html');
    const lines = run('units', weights, '--network', network, ...data, ...WASM, '--out', out);
    expect(lines.at(-1)).toBe(out);
    expect(readFileSync(out, 'utf8')).toContain('<img ');
  },
  compare() {
    const [out, json] = [file('compare.html'), file('compare.json')];
    const files = ['--out', out, '--json', json];
    const named = ['--network', network];
    const args = ['compare', weights, file('run'), ...named, ...data, ...WASM, ...files];
    const { status, stdout, stderr } = boxprop(...args);
    expect(status).toBe(0);
    expect(stderr).toContain('compare: 12 examples in minibatches of 12 are few: CKA of');
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([out, json]);
    expect(readFileSync(out, 'utf8')).toContain('<svg ');
    const { cka } = JSON.parse(readFileSync(json, 'utf8')) as { cka: number[][] };
    expect(cka.map((row, k) => row[k].toFixed(4))).toEqual(['1.0000', '1.0000', '1.0000']);
  },
  invariance() {
    const out = file('invariance.html');
    const named = ['--network', network, ...data, ...WASM];
    const lines = run('invariance', weights, ...named, '--out', out);
    expect(lines.at(-2)).toBe('receptive field of Conv2D 0: 3x3, effective 3.0');
    expect(lines.at(-1)).toBe(out);
    expect(readFileSync(out, 'utf8')).toContain('<svg ');
    const { boxes } = JSON.parse(
      run('invariance', weights, ...named, '--json', '--out', out).join('\n'),
    ) as { boxes: { path: string }[] };
    expect(boxes.map(({ path }) => path)).toEqual(['0', '1', '3']);
  },
  probe() {
    const [out, json] = [file('probe.html'), file('probe.json')];
    const files = ['--out', out, '--json', json];
    const lines = run('probe', file('run'), '--network', network, ...WASM, ...files);
    expect(lines.slice(-2)).toEqual([out, json]);
    expect(readFileSync(out, 'utf8')).toContain('<svg ');
    const { boxes } = JSON.parse(readFileSync(json, 'utf8')) as { boxes: { features: number }[] };
    expect(boxes.map(({ features }) => features)).toEqual([30, 24, 24, 2]);
  },
  export() {
    const named = ['--weights', weights, '--onnx', file('net.onnx')];
    expect(run('export', network, ...named)).toEqual([`${file('net.onnx')}: ${network} as ONNX`]);
  },
  pset() {
    const dir = file('linear');
    run('pset', 'new', 'linear', '--dir', dir);
    writeFileSync(
      join(dir, 'solution.ts'),
      readFileSync(join(ROOT, 'psets', 'linear', 'solution.ts'), 'utf8'),
    );
    expect(run('pset', 'check', dir).at(-1)).toBe('linear: 10 of 10 points');
    expect(run('pset', 'grade', dir, '--out', file('grades'))).toEqual([`10/10  ${dir}`]);
  },
  async setup() {
    // Windows cannot start the scripts that stand in for npm and the compiler.
    if (process.platform === 'win32') return;
    const machine = new FakeMachine();
    try {
      const { status, lines } = await machine.setup({ official: 'works' });
      expect(status).toBe(0);
      expect(lines.at(-1)).toMatch(/^@tensorflow\/tfjs-node works: /);
    } finally {
      machine.remove();
    }
  },
};

test.each(Object.entries(COMMANDS))('boxprop %s', (_, command) => command());

test('every command is listed here', () => {
  const [, commands] = run('--help').join('\n').split('Commands:\n');
  const names = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  expect(names.filter((name) => name !== 'help').sort()).toEqual(Object.keys(COMMANDS).sort());
});
