import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory, reshape } from '@tensorflow/tfjs-core';
import { constant, Linear, ReLU, Rng, Sequential, SGD, SoftmaxCrossEntropy } from '../../index.ts';
import { compileStep, stepCompiler, trainStep } from '../../train/index.ts';
import { eachBackend } from '../support/fixtures.ts';
import { boxprop, BUILT, MAIN } from '../support/runCommand.ts';
import { randomBatch } from '../support/scaledNetworks.ts';

eachBackend('compiled runs', (backend) => {
  const folder = mkdtempSync(join(BUILT, 'compiled-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const out = (name: string) => join(folder, name);

  it('ends with the same bytes, however often the process is killed', async () => {
    const rng = new Rng(3);
    const rows = Array.from({ length: 90 }, (_, i) => [i % 3, ...rng.normals(8)].join());
    writeFileSync(out('data.csv'), `label,a,b,c,d,e,f,g,h\n${rows.join('\n')}\n`);
    writeFileSync(
      out('net.mjs'),
      `import { BatchNorm, Dropout, Flatten, Linear, ReLU, Sequential } from 'boxprop';
       export const network = ({ rng }) => new Sequential([
         new Flatten(), new Linear(8, 16, { rng }), new BatchNorm(16), new ReLU(),
         new Dropout({ p: 0.3 }), new Linear(16, 3, { rng }),
       ]);`,
    );
    const args = ['train', out('net.mjs'), '--data', out('data.csv'), '--backend', backend];
    const more = ['--optimizer', 'adam', '--batch-size', '8', '--epochs', '30', '--no-report'];
    const often = ['--checkpoint-steps', '3', '--validation-split', '0.2', '--schedule', 'plateau'];
    expect(boxprop(...args, ...more, ...often, '--out', out('whole')).status).toBe(0);
    let command = [...args, ...more, ...often, '--out', out('killed')];
    for (let kills = 0; kills < 4; kills++) {
      await killed(command, out('killed/checkpoint.safetensors'), 3 + rng.integer(20));
      command = ['train', out('net.mjs'), '--resume', out('killed')];
    }
    expect(boxprop(...command).status).toBe(0);
    for (const file of ['weights.safetensors', 'checkpoint.safetensors']) {
      const [a, b] = ['whole', 'killed'].map((name) => readFileSync(join(out(name), file)));
      expect(a.equals(b)).toBe(true);
    }
  }, 300_000);

  it('leaves memory flat over 5,000 steps', async () => {
    const rng = new Rng(0);
    const network = new Sequential([
      new Linear(64, 32, { rng }),
      new ReLU(),
      new Linear(32, 4, { rng }),
    ]);
    const optimizer = new SGD(network.params, { learningRate: 1e-3, momentum: 0.9 });
    const cost = new SoftmaxCrossEntropy();
    const [images, target] = randomBatch(64, [8, 8, 1], 4);
    const input = reshape(images, [64, 64]);
    const step = await compileStep(trainStep);
    const run = async (steps: number) => {
      for (let i = 0; i < steps; i++) await step({ network, cost, optimizer, input, target });
    };
    await run(1000);
    const { numTensors, numBytes } = memory();
    const before = process.memoryUsage().rss;
    await run(4000);
    expect(memory()).toMatchObject({ numTensors, numBytes });
    // One leaked input a step would take 65 MB.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(24);
    step.dispose();
  }, 300_000);

  it('leaves memory flat over 50 recordings that are disposed', async () => {
    const rng = new Rng(0);
    const network = new Sequential(Array.from({ length: 20 }, () => new Linear(32, 32, { rng })));
    const input = constant(rng.normals(32 * 32), [32, 32]);
    const record = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const compiler = await stepCompiler();
        for (let turn = 0; turn < 3; turn++) compiler.run(() => network.infer(input)).dispose();
        compiler.dispose();
      }
    };
    await record(30);
    const { numTensors } = memory();
    const before = process.memoryUsage().rss;
    await record(50);
    expect(memory().numTensors).toBe(numTensors);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(24);
  }, 300_000);
});

/** Runs a command, and kills it once it has written a file this many times. */
async function killed(args: readonly string[], file: string, times: number): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const written = () => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  let [last, seen] = [written(), 0];
  while (child.exitCode === null && seen < times) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const now = written();
    if (now !== last) seen++;
    last = now;
  }
  expect(child.exitCode).toBe(null);
  child.kill('SIGKILL');
  await ended;
}
