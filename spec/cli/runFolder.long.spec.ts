import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../lib/rng.ts';
import { decodeSafetensors, encodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { BUILT, KERNELS, MAIN } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/**
 * Tests which process may write the folder of a run, which code runs, and from where it is used.
 */

const NETWORK = `
import { Flatten, Linear, Sequential } from 'boxprop';
console.error('the code of the module runs');
export function network({ rng, inputShape: [height, width, channels], classes }) {
  return new Sequential([new Flatten(), new Linear(height * width * channels, classes, { rng })]);
}
`;

let folder: string;
const file = (...names: string[]) => join(folder, ...names);

/** Runs boxprop in a folder, `folder` by default. */
function run(args: readonly string[], cwd = folder) {
  const { status, stdout, stderr } = runProgram(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, HOME: folder },
  });
  return { status, stdout, stderr: stderr.replace(KERNELS, '') };
}

beforeAll(() => {
  // The folder is inside the project, so that the network's import of boxprop is resolved.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  writeFileSync(file('net.mjs'), NETWORK);
  mkdirSync(file('elsewhere'));
  const rng = new Rng(4);
  for (const part of ['train', 'test']) {
    for (const [label, name] of ['dark', 'light'].entries()) {
      mkdirSync(file('photos', part, name), { recursive: true });
      for (let i = 0; i < 6; i++) {
        const data = Uint8Array.from({ length: 30 }, () => 150 * label + rng.integer(80));
        const png = encode({ height: 6, width: 5, channels: 1, data });
        writeFileSync(file('photos', part, name, `${i}.png`), png);
      }
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const DATA = ['--data', 'photos', '--shape', '6,5,1'];
const TRAIN = ['train', 'net.mjs', '--backend', 'cpu', ...DATA, '--no-report'];
const failure = (stderr: string) => ({ status: 1, stdout: '', stderr: `boxprop: ${stderr}\n` });
const linesIn = (name: string) =>
  readFileSync(file(name, 'log.jsonl'), 'utf8').trimEnd().split('\n');

describe('a run that is still running', () => {
  test('is neither resumed nor replaced until it is killed', async () => {
    const args = [...TRAIN, '--epochs', '100000', '--checkpoint-steps', '1', '--out', 'busy'];
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder });
    try {
      await once(child.stdout, 'data');
      const refusal = `expected no other process at work in "busy", got process ${child.pid}; if it is an unrelated process, delete busy/lock`;
      const second = run(['train', 'net.mjs', '--resume', 'busy']);
      expect(second.stderr).toContain(`boxprop: --resume: ${refusal}\n`);
      expect(second.status).toBe(1);
      const third = run([...TRAIN, '--out', 'busy']);
      expect(third.stderr).toContain(`boxprop: --out: ${refusal}\n`);
      expect(third.status).toBe(1);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(readdirSync(file('busy'))).toContain('lock');
    const { epochs } = JSON.parse(linesIn('busy').at(-1) ?? '') as { epochs: number };
    expect(epochs).toBeUndefined();
    const resumed = spawn(process.execPath, [MAIN, 'train', 'net.mjs', '--resume', 'busy'], {
      cwd: folder,
    });
    await once(resumed.stdout, 'data');
    resumed.kill('SIGINT');
    const [status] = (await once(resumed, 'exit')) as [number];
    expect(status).toBe(130);
    const steps = linesIn('busy')
      .map((line) => JSON.parse(line) as { type: string; step: number })
      .filter(({ type }) => type === 'step')
      .map(({ step }) => step);
    expect(steps).toEqual(steps.map((_, i) => i));
    expect(readdirSync(file('busy'))).not.toContain('lock');
  });
});

describe('weights that are not finite', () => {
  beforeAll(() => {
    expect(run([...TRAIN, '--epochs', '1', '--out', 'spoilt'])).toMatchObject({ status: 0 });
    for (const name of ['weights', 'checkpoint']) {
      const path = file('spoilt', `${name}.safetensors`);
      const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
      tensors['1.weight'].data[3] = NaN;
      writeFileSync(path, encodeSafetensors(tensors, metadata));
    }
  });

  const WEIGHTS = 'spoilt/weights.safetensors';
  const module = ['--network', 'net.mjs'];
  const backend = ['--backend', 'cpu'];
  test.each<[string, string[]]>([
    [
      'weights',
      ['classify', 'photos/test/dark/0.png', '--weights', WEIGHTS, ...module, ...backend],
    ],
    ['weights', ['evaluate', WEIGHTS, ...module, ...DATA, ...backend]],
    ['weights', ['fool', WEIGHTS, ...module, ...DATA, ...backend]],
    ['weights', ['units', WEIGHTS, ...module, ...DATA, ...backend]],
    [
      'weights',
      ['export', 'net.mjs', '--weights', WEIGHTS, '--input', '6,5,1', '--onnx', 'out.onnx'],
    ],
    ['weights', ['report', 'spoilt', ...module, ...backend]],
    ['checkpoint', ['train', 'net.mjs', '--resume', 'spoilt', '--epochs', '2']],
  ])('%s are refused by %j', (name, args) => {
    const { status, stderr } = run(args);
    expect(stderr.split('\n').filter((line) => line.startsWith('boxprop: '))).toEqual([
      `boxprop: spoilt/${name}.safetensors: tensor "1.weight": expected finite values, got NaN at index 3, so the training that wrote it had diverged`,
    ]);
    expect(status).toBe(1);
  });
});

describe('a run of a module', () => {
  beforeAll(() => {
    expect(run([...TRAIN, '--epochs', '1', '--out', 'own'])).toMatchObject({ status: 0 });
  });

  test.each<[string[], string]>([
    [['report', 'own'], 'report own --network FILE'],
    [['train', '--resume', 'own'], 'train FILE --resume own'],
  ])('runs no code that only its config.json names: %j', (args, remedy) => {
    expect(run(args)).toEqual(
      failure(
        `own/config.json: the run is of ${JSON.stringify(file('net.mjs'))}, and the folder of a run must not run code: name that file yourself: boxprop ${remedy}`,
      ),
    );
  });

  test('is used from another folder, with paths relative to there', () => {
    const cwd = file('elsewhere');
    const report = run(['report', '../own', '--network', '../net.mjs', '--backend', 'cpu'], cwd);
    expect(report).toMatchObject({ status: 0, stdout: '../own/report.html\n' });
    const more = ['train', '../net.mjs', '--resume', '../own', '--epochs', '2'];
    expect(run(more, cwd)).toMatchObject({ status: 0 });
    expect(linesIn('own').filter((line) => line.includes('"epoch",'))).toHaveLength(2);
  });

  test('can use data from another place', () => {
    const config = JSON.parse(readFileSync(file('own', 'config.json'), 'utf8')) as object;
    mkdirSync(file('moved'));
    writeFileSync(
      file('moved', 'config.json'),
      JSON.stringify({ ...config, data: '/nowhere/photos' }),
    );
    for (const name of ['log.jsonl', 'checkpoint.safetensors', 'weights.safetensors'])
      writeFileSync(file('moved', name), readFileSync(file('own', name)));
    const args = ['report', 'moved', '--network', 'net.mjs', '--data', 'photos'];
    expect(run([...args, '--backend', 'cpu'])).toMatchObject({ status: 0 });
  });
});

test('~ is the home folder in a configuration and in --data', () => {
  const config = { network: 'net.mjs', data: '~/photos', shape: [6, 5, 1], epochs: 1 };
  writeFileSync(file('config.json'), JSON.stringify({ ...config, backend: 'cpu', report: false }));
  const configured = run(['train', '--config', 'config.json', '--out', 'configured']);
  expect(configured).toMatchObject({ status: 0 });
  const evaluated = ['evaluate', 'configured/weights.safetensors', '--network', 'net.mjs'];
  const data = ['--data', '~/photos', '--shape', '6,5,1', '--backend', 'cpu'];
  expect(run([...evaluated, ...data])).toMatchObject({ status: 0 });
});
