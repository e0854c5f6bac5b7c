import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { packageVersion } from '../../cli/manifest.ts';
import { searchCommand } from '../../cli/search.ts';
import { boxprop, BUILT, KERNELS, MAIN, ROOT } from '../support/runCommand.ts';

let folder: string;
const out = (name: string) => join(folder, name);

/**
 * Writes records of four numbers in two classes. The sign of the sum of the first two numbers is
 * the class.
 */
function writeCsv(directory: string, rows: Record<string, number>): void {
  const rng = new Rng(8);
  for (const [part, count] of Object.entries(rows)) {
    const lines = Array.from({ length: count }, () => {
      const values = Array.from(rng.normals(4), (value) => value.toFixed(3));
      return [Number(values[0]) + Number(values[1]) > 0 ? 1 : 0, ...values].join(',');
    });
    writeFileSync(join(directory, `${part}.csv`), ['label,a,b,c,d', ...lines].join('\n'));
  }
}

const NETWORK = `
import { Flatten, Linear, ReLU, Sequential } from 'boxprop';
export function network({ rng, inputShape, classes, units = 4, mode = 'good' }) {
  if (mode === 'exit') process.exit(3);
  if (mode === 'throw') throw new TypeError('units are no\\nnumber');
  const [h, w, c] = inputShape;
  return new Sequential([new Flatten(), new Linear(h * w * c, units, { rng }), new ReLU(), new Linear(units, classes, { rng })]);
}
`;

/** Writes a search space with these entries and returns its file. */
function spaceFile(name: string, entries: object): string {
  const file = out(`${name}.json`);
  writeFileSync(file, JSON.stringify({ ...BASE, ...entries }));
  return file;
}
let BASE: { network: string } & Record<string, unknown>;
const RATE = { learningRate: { low: 0.01, high: 1, log: true } };
const UNITS = { architecture: { units: { low: 1, high: 12, integer: true } } };

beforeAll(() => {
  // The folder is inside the project, so that the network can import boxprop, and git ignores it.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  mkdirSync(out('data'));
  writeCsv(out('data'), { train: 90, test: 30 });
  writeFileSync(out('net.mjs'), NETWORK);
  BASE = { network: out('net.mjs'), data: out('data'), backend: 'wasm', epochs: 2, batchSize: 8 };
});
afterAll(() => rmSync(folder, { recursive: true }));

type Line = Record<string, unknown> & { type: string; trial: number; fold?: number };
/** The points and results in the folder of a search. */
const storedIn = (name: string): Line[] =>
  namesIn(name).map((file) => {
    const [, trial, fold] = /^trial-(\d+)(?:\.fold-(\d+))?\.json$/.exec(file) ?? [];
    const text = readFileSync(join(out(name), 'trials', file), 'utf8');
    const value = JSON.parse(text) as Record<string, unknown>;
    return fold === undefined
      ? { type: 'point', trial: Number(trial) - 1, point: value }
      : { type: 'fold', trial: Number(trial) - 1, fold: Number(fold) - 1, ...value };
  });
const namesIn = (name: string) => {
  const trials = join(out(name), 'trials');
  return existsSync(trials) ? readdirSync(trials) : [];
};
/** The results of a search without times and processes, in the order of trials and folds. */
const foundIn = (name: string) =>
  storedIn(name)
    .map(({ seconds: _, process: _by, ...line }) => line)
    .sort((a, b) => a.trial - b.trial || Number(a.fold ?? -1) - Number(b.fold ?? -1));

/** The notes of a process that continues folds of killed ones. */
const TAKES_OVER = /^boxprop: trial \d+, fold \d+: takes over from process \d+ of .*\n/gm;

describe('boxprop search', () => {
  const GP = ['--method', 'gp', '--trials', '8', '--folds', '3'];
  const grid = (file: string, name: string) => {
    return ['search', file, '--method', 'grid', '--folds', '2', '--out', out(name)];
  };

  it('runs trials, prints them, and writes a config for the best', () => {
    const file = spaceFile('space', { ...RATE, ...UNITS, momentum: { choices: [0, 0.9] } });
    const { status, stdout, stderr } = boxprop(
      'search',
      file,
      ...GP,
      '--workers',
      '1',
      '--out',
      out('one'),
    );
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(
      lines.filter((line) =>
        /^trial \d\/8: error \d+\.\d\d ± \d+\.\d\d %: learningRate .*, units \d+, momentum/.test(
          line,
        ),
      ),
    ).toHaveLength(8);
    expect(lines).toContainEqual(
      expect.stringMatching(/^│ trial │ +error │ +learningRate │ units │ momentum │$/),
    );
    expect(lines.at(-1)).toBe(
      `boxprop train --config ${join(out('one'), 'best.json')} trains the best network on all training examples`,
    );
    const log = storedIn('one');
    const means = Array.from({ length: 8 }, (_, trial) => {
      const folds = log.filter((line) => line.type === 'fold' && line.trial === trial);
      expect(folds.map(({ examples }) => examples)).toEqual([30, 30, 30]);
      return folds.reduce((sum, { errors }) => sum + Number(errors), 0);
    });
    const best = means.indexOf(Math.min(...means));
    const point = log.find((line) => line.type === 'point' && line.trial === best)?.point as Record<
      string,
      number
    >;
    const config = JSON.parse(readFileSync(join(out('one'), 'best.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(config).toEqual({
      ...BASE,
      learningRate: point.learningRate,
      momentum: point.momentum,
      architecture: { units: point['architecture.units'] },
    });
    const html = readFileSync(join(out('one'), 'search.html'), 'utf8');
    expect(html).toContain(`<b>best</b> Trial ${best + 1} has an error of `);
    expect(html.match(/<svg /g)).toHaveLength(5);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:\/\/|NaN|undefined/);
  });

  it('the best config can be trained, and its weights store their architecture', () => {
    const args = ['--config', join(out('one'), 'best.json'), '--out', out('trained')];
    expect(boxprop('train', ...args)).toMatchObject({ status: 0, stderr: '' });
    const evaluated = boxprop(
      'evaluate',
      join(out('trained'), 'weights.safetensors'),
      '--network',
      BASE.network,
      '--data',
      out('data'),
      '--backend',
      'wasm',
    );
    expect(evaluated).toMatchObject({ status: 0, stderr: '' });
    const report = ['report', out('trained'), '--network', BASE.network, '--backend', 'wasm'];
    expect(boxprop(...report)).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('finds the same with three threads', () => {
    const { status } = boxprop(
      'search',
      out('space.json'),
      ...GP,
      '--workers',
      '3',
      '--out',
      out('three'),
    );
    expect(status).toBe(0);
    expect(foundIn('three')).toEqual(foundIn('one'));
    expect(readFileSync(join(out('three'), 'best.json'))).toEqual(
      readFileSync(join(out('one'), 'best.json')),
    );
    expect(readFileSync(join(out('three'), 'search.html'))).toEqual(
      readFileSync(join(out('one'), 'search.html')),
    );
  });

  it('killed at any moment and resumed, finds the same and computes no fold twice', async () => {
    let args = ['search', out('space.json'), ...GP, '--workers', '2', '--out', out('killed')];
    const trials = join(out('killed'), 'trials');
    const count = () => namesIn('killed').filter((name) => name.endsWith('.json')).length;
    const rng = new Rng(5);
    const kept = new Map<string, string>();
    for (let kills = 0; kills < 2; kills++) {
      const least = count() + 1 + rng.integer(6);
      expect((await ended(args, 'SIGKILL', () => count() >= least)).code).toBe(null);
      for (const name of namesIn('killed').filter((one) => one.endsWith('.json')))
        kept.set(name, readFileSync(join(trials, name), 'utf8'));
      // Imitates a machine that stopped while it wrote a file.
      writeFileSync(join(trials, `.trial-8.json.node1.${kills}.0123abcd.tmp`), '{"learning');
      args = ['search', out('space.json'), '--resume', out('killed'), '--workers', '2'];
    }
    const { status, stderr } = boxprop(...args);
    expect([status, stderr.replace(TAKES_OVER, '')]).toEqual([0, '']);
    expect(foundIn('killed')).toEqual(foundIn('one'));
    // Every file is still there, with the same measured seconds, and nothing else is.
    for (const [name, text] of kept) expect(readFileSync(join(trials, name), 'utf8')).toBe(text);
    expect(namesIn('killed').sort()).toEqual(namesIn('one').sort());
  });

  it('continues with more trials', () => {
    const given = [out('space.json'), '--resume', out('three'), '--trials', '10'];
    const args = ['search', ...given, '--workers', '2'];
    const { status, stdout } = boxprop(...args);
    expect(status).toBe(0);
    expect(stdout.match(/^trial (9|10)\/10: /gm)).toHaveLength(2);
    expect(stdout.match(/^trial /gm)).toHaveLength(2);
    expect(foundIn('three').slice(0, 32)).toEqual(foundIn('one'));
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops at %s, and says how to continue', async (signal, status) => {
    const file = spaceFile('long', { ...RATE, epochs: 200 });
    const result = await ended(
      ['search', file, '--out', out(signal)],
      signal,
      () => namesIn(signal).length > 0,
      500,
    );
    expect(result.code).toBe(status);
    expect(result.stderr).toMatch(
      RegExp(
        `^boxprop: interrupted with \\d+ of 20 trials done; boxprop search ${file} --resume ${out(signal)} continues the search\n$`,
      ),
    );
  });

  it('continues after trials that diverge, that cannot be built, and whose thread ends', () => {
    const architecture = { mode: { choices: ['good', 'throw', 'exit'] } };
    const file = spaceFile('failing', { architecture, learningRate: { choices: [0.1, 1e30] } });
    const { status, stdout, stderr } = boxprop(...grid(file, 'failing'), '--workers', '2');
    expect([status, stderr]).toEqual([0, '']);
    const trials = stdout
      .split('\n')
      .filter((line) => line.startsWith('trial '))
      .sort();
    expect(trials).toEqual([
      expect.stringMatching(
        /^trial 1\/6: error \d+\.\d\d ± \d+\.\d\d %: mode good, learningRate 0\.1$/,
      ),
      expect.stringMatching(
        /^trial 2\/6: failed: mode good, learningRate 1e\+30; non-finite \w+ at step \d+: first in /,
      ),
      'trial 3/6: failed: mode throw, learningRate 0.1; TypeError: units are no number',
      'trial 4/6: failed: mode throw, learningRate 1e+30; TypeError: units are no number',
      'trial 5/6: failed: mode exit, learningRate 0.1; the worker thread ended with 3',
      'trial 6/6: failed: mode exit, learningRate 1e+30; the worker thread ended with 3',
    ]);
    expect(stdout).toContain('\n5 of 6 trials failed\n');
  });

  it('fails if all trials fail; reports a name that the network does not read', () => {
    const file = spaceFile('unread', { architecture: { unitz: { choices: [1, 2] } } });
    const { status, stderr } = boxprop(...grid(file, 'unread'));
    expect(status).toBe(1);
    expect(stderr).toBe(
      `boxprop: all 2 trials failed, the first: ${out('net.mjs')}: expected network() to read every entry of --architecture, but it does not read unitz\n`,
    );
  });
});

describe('boxprop search refuses, in one line,', () => {
  const cases: [string, object, string][] = [
    [
      'a value that train would refuse',
      { momentum: { choices: [0.5, 2] } },
      ': --momentum: expected a number from 0 to below 1, got "2"',
    ],
    [
      'bounds the wrong way round',
      { learningRate: { low: 1, high: 0.1 } },
      ': learningRate: expected low below high, got 1 and 0.1',
    ],
    [
      'a logarithm of 0',
      { learningRate: { low: 0, high: 0.1, log: true } },
      ': learningRate: expected low above 0 with log, got 0',
    ],
    [
      'fractions of epochs',
      { epochs: { low: 1, high: 4 } },
      ': epochs: expected "integer": true, because it takes whole numbers only',
    ],
    [
      'one choice',
      { optimizer: { choices: ['adam'] } },
      ': optimizer: expected at least two choices, got ["adam"]',
    ],
    [
      'an unknown optimizer',
      { optimizer: { choices: ['adam', 'adan'] } },
      ': --optimizer: expected one of sgd, adagrad, rmsprop, adam, adamw, got "adan"',
    ],
    [
      'nothing that varies',
      {},
      ': expected something that varies, as { "low": 0.01, "high": 0.1 } or { "choices": [3, 5] }, got nothing',
    ],
    [
      'a validation share',
      { ...RATE, validationSplit: 0.1 },
      ': expected options of training only, because the folds are held out, got "validationSplit"',
    ],
    [
      'data that vary',
      { data: { choices: ['a', 'b'] } },
      ': data: expected one value for all trials, got a dimension',
    ],
    [
      'an architecture that is none',
      { architecture: { units: [1, 2] }, ...RATE },
      ': --architecture: units: expected a number, text, true or false, got [1, 2]',
    ],
    [
      'an architecture that names what is given',
      { architecture: { rng: { choices: [1, 2] } } },
      ': --architecture: expected names other than rng, inputShape, classes, init, which every network gets, got "rng"',
    ],
  ];
  it.each(cases)('%s', async (_, entries, message) => {
    const file = spaceFile('bad', entries);
    await expect(searched(file, '--out', out('none'))).rejects.toHaveProperty(
      'message',
      file + message,
    );
    expect(existsSync(out('none'))).toBe(false);
  });

  it.each<[string, () => string[], () => string]>([
    ['no space', () => [], () => "missing required argument 'space'"],
    [
      'one trial',
      () => [out('ok.json'), '--trials', '1'],
      () => '--trials: expected an integer of at least 2, got "1"',
    ],
    [
      'one fold',
      () => [out('ok.json'), '--folds', '1'],
      () => '--folds: expected an integer of at least 2, got "1"',
    ],
    [
      'an unknown method',
      () => [out('ok.json'), '--method', 'magic'],
      () => '--method: expected one of grid, random, gp, got "magic"',
    ],
    [
      'trials of a grid',
      () => [out('ok.json'), '--method', 'grid', '--trials', '4'],
      () => '--trials: expected none with --method grid, which tries all points, got 4',
    ],
    [
      'more trials than points',
      () => [out('ok.json'), '--trials', '4'],
      () => `--trials: expected at most the 3 points of ${out('ok.json')}, got 4`,
    ],
    [
      'more folds than examples',
      () => [out('ok.json'), '--trials', '3', '--folds', '91'],
      () => 'folds: expected an integer from 2 to the 90 examples, got 91',
    ],
    [
      'a file that is not there',
      () => [out('no.json')],
      () => `${out('no.json')}: cannot be read: ENOENT: no such file or directory`,
    ],
    [
      'a folder that has a search',
      () => [out('ok.json'), '--trials', '2', '--out', out('stored')],
      () =>
        `--out: expected a folder without a run, got "${out('stored')}"; --resume ${out('stored')} continues it`,
    ],
    [
      'to resume what is none',
      () => ['--resume', out('no')],
      () =>
        `--resume: expected the folder of a search, got "${out('no')}": ENOENT: no such file or directory`,
    ],
    [
      'to resume with other folds',
      () => ['--resume', out('stored'), '--folds', '4'],
      () =>
        '--resume: expected no options but --trials and --workers, because the search keeps its own, got --folds',
    ],
    [
      'to resume with fewer trials',
      () => ['--resume', out('stored'), '--trials', '3'],
      () => '--trials: expected at least the 8 so far, got 3',
    ],
  ])('%s', async (_, args, message) => {
    spaceFile('ok', { network: 'lenet', learningRate: { choices: [0.1, 0.2, 0.3] } });
    mkdirSync(out('stored'), { recursive: true });
    const space = { learningRate: { choices: [0.1, 0.2, 0.3] } };
    const counts = { trials: 8, examples: 90, folds: 2, seed: 0, ahead: 1, lease: 60 };
    const own = { version: packageVersion(), fingerprint: '' };
    const plan = {
      ...own,
      file: 'ok.json',
      base: { network: 'lenet' },
      space,
      method: 'gp',
      ...counts,
    };
    writeFileSync(join(out('stored'), 'search.json'), JSON.stringify(plan));
    await expect(searched(...args())).rejects.toHaveProperty('message', message());
  });

  it('an old name of an option, with the present one', async () => {
    const file = spaceFile('bad', { rate: { low: 1, high: 2 } });
    await expect(searched(file)).rejects.toHaveProperty(
      'message',
      `${file}: unknown option rate; did you mean learningRate?`,
    );
  });

  it('options that train does not know', async () => {
    const file = spaceFile('bad', { rat: { low: 1, high: 2 } });
    await expect(searched(file)).rejects.toThrow(
      /^[^:]*bad\.json: unknown option rat; expected one of network, architecture, data, /,
    );
  });

  it('wrong arguments of the command itself', () => {
    const file = spaceFile('bad', { learningRate: { low: 1, high: 0.1 } });
    expect(boxprop('search', file)).toEqual({
      status: 1,
      stdout: '',
      stderr: `boxprop: ${file}: learningRate: expected low below high, got 1 and 0.1\n`,
    });
  });
});

/** Runs the command in this process. A refusal rejects the promise. */
function searched(...args: string[]): Promise<unknown> {
  return searchCommand().exitOverride().parseAsync(args, { from: 'user' });
}

/**
 * Runs boxprop, waits until `ready` returns true, waits `wait` more, and sends a signal. Resolves
 * when boxprop ends.
 */
function ended(args: string[], signal: NodeJS.Signals, ready: () => boolean, wait = 0) {
  return new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const poll = setInterval(() => {
      if (!ready()) return;
      clearInterval(poll);
      setTimeout(() => child.kill(signal), wait);
    }, 10);
    child.on('close', (code) => {
      clearInterval(poll);
      resolve({ code, stderr: stderr.replace(KERNELS, '') });
    });
  });
}
