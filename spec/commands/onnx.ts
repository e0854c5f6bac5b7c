/**
 * `npm run test:onnx [-- NAMES]`: checks that exported ONNX models compute the same in onnxruntime
 * as in boxprop. Boxes run with their random cases and may differ by 1e-5 of the largest output,
 * networks by 1e-4. With names, only those boxes and networks are checked. The exit status is 1 if
 * any difference is larger, or if onnxruntime is missing.
 *
 * Then it imports models: `conformance` are the cases that the PyPI package onnx ships, and writes
 * the table of docs/onnx.md; `models` are the light_* models of that package with random weights,
 * and networks that both exporters of PyTorch write, whose gradients are proven too, and writes
 * another table there; with names behind `models`, only those.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomNormal, randomUniform, Tensor, tidy } from '@tensorflow/tfjs-core';
import { cases, Draw } from '../../gradcheck/index.ts';
import { Rng, useBackend } from '../../index.ts';
import { exportOnnx } from '../../formats/onnx/writeOnnx.ts';
import { messageOf } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { type AnyModule, Module } from '../../lib/module.ts';
import { networks, type NetworkEntry } from '../../models/networks.ts';
import {
  torchvisionGooglenetAuxiliary,
  torchvisionNetworks,
} from '../../models/torchvision/index.ts';
import { difference, startPython, type Python } from '../support/python.ts';
import {
  casesOf,
  proveCase,
  runCase,
  tableOf,
  type Case,
  modelTableOf,
  type Outcome,
  type Proof,
} from './onnxConformance.ts';

const CASES = 20;
const [BOX_LIMIT, NETWORK_LIMIT] = [1e-5, 1e-4];

/** A box that cannot be exported: Pointwise computes an arbitrary function. */
const REFUSED = new Set(['Pointwise']);

/**
 * Large networks are checked with this share of their filters. The two networks in WHOLE are also
 * checked with all filters.
 */
const SMALL = 1 / 8;
const WHOLE = ['alexnet', 'resnet18'];

/** Exports a box, runs it in onnxruntime and in boxprop, and returns the largest difference. */
async function compare(python: Python, folder: string, box: AnyModule, inputs: readonly Tensor[]) {
  const model = join(folder, 'model.onnx');
  const shapes = inputs.map(({ shape }) => shape.slice(1));
  await exportOnnx(model, box, { inputShape: box.arity === 'list' ? shapes : shapes[0] });
  const given = await Promise.all(
    inputs.map(async (input, i) => {
      const file = join(folder, `input${i}`);
      await writeFile(file, new Uint8Array(Float32Array.from(await input.data()).buffer));
      return { shape: input.shape, file };
    }),
  );
  const answers = (await python.ask({ model, inputs: given })) as {
    shape: number[];
    file: string;
  }[];
  const output = box.infer(box.arity === 'list' ? inputs : inputs[0]);
  const outputs = (output instanceof Tensor ? [output] : output) as Tensor[];
  let worst = 0;
  for (const [i, expected] of outputs.entries()) {
    const { shape, file } = answers[i];
    if (shape.join() !== expected.shape.join()) {
      throw new Error(
        `expected an output of shape [${expected.shape.join()}], got [${shape.join()}]`,
      );
    }
    const values = new Float32Array(new Uint8Array(await readFile(file)).buffer);
    worst = Math.max(worst, difference(values, await expected.data()));
  }
  disposeTensors(output);
  return worst;
}

async function checkBox(python: Python, folder: string, name: string): Promise<string> {
  let [worst, count] = [0, 0];
  for (let i = 0; i < CASES; i++) {
    const { box, input, config } = cases[name](new Draw(new Rng(i)));
    if (!(box instanceof Module)) return '';
    const inputs = (input instanceof Tensor ? [input] : input) as readonly Tensor[];
    // An exported model treats the first axis as a batch of any size, so each input needs a second
    // axis.
    if (inputs.every(({ rank }) => rank >= 2)) {
      const apart = await compare(python, folder, box, inputs);
      if (!(apart <= BOX_LIMIT)) throw new Error(`${config}: ${apart.toExponential(1)}`);
      worst = Math.max(worst, apart);
      count++;
    }
    disposeTensors([inputs, box.params, box.buffers]);
  }
  if (count === 0) throw new Error('no case with a batch');
  return `${count} cases, ${worst.toExponential(1)}`;
}

async function checkNetwork(python: Python, folder: string, entry: Entry, width?: number) {
  const rng = new Rng(3);
  const network = entry.build({ rng, ...(width !== undefined && { width }) }) as AnyModule;
  for (const [name, buffer] of Object.entries(network.buffers)) {
    if (name.endsWith('runningMean'))
      tidy(() => buffer.assign(randomNormal(buffer.shape, 0, 0.2, 'float32', 5)));
    if (name.endsWith('runningVar'))
      tidy(() => buffer.assign(randomUniform(buffer.shape, 0.5, 1.5, 'float32', 6)));
  }
  const image = randomUniform([2, ...entry.inputShape], 0, 1, 'float32', 7);
  const apart = await compare(python, folder, network, [image]);
  disposeTensors(image);
  network.dispose();
  if (!(apart <= NETWORK_LIMIT)) throw new Error(apart.toExponential(1));
  return `${width === undefined ? 'whole' : `1/${1 / width} of the filters`}, ${apart.toExponential(1)}`;
}

type Entry = Pick<NetworkEntry, 'inputShape'> & {
  readonly build: (options: { rng: Rng; width?: number }) => unknown;
};

const NETWORKS: Readonly<Record<string, Entry>> = {
  ...networks,
  ...torchvisionNetworks,
  'torchvision-googlenet with heads': {
    build: torchvisionGooglenetAuxiliary,
    inputShape: [224, 224, 3],
  },
};

function* checks(
  python: Python,
  folder: string,
): Generator<[name: string, run: () => Promise<string>]> {
  for (const name of Object.keys(cases)) {
    if (!REFUSED.has(name)) yield [name, () => checkBox(python, folder, name)];
  }
  for (const [name, entry] of Object.entries(NETWORKS)) {
    const large = entry.inputShape[0] > 100;
    yield [name, () => checkNetwork(python, folder, entry, large ? SMALL : undefined)];
    if (WHOLE.includes(name)) yield [name, () => checkNetwork(python, folder, entry)];
  }
}

/** Runs the cases of the package onnx, and writes the table of docs/onnx.md. */
async function checkConformance(): Promise<void> {
  const { version, cases: all } = casesOf('conformance.py', folder);
  const rows: { one: Case; outcome: Outcome }[] = [];
  for (const one of all) {
    if ('missing' in one) continue;
    const outcome = await runCase(one);
    rows.push({ one, outcome });
    if (outcome.kind !== 'FAILED') continue;
    failed++;
    console.log(`FAIL ${one.suite} ${one.name}: ${outcome.told}`);
  }
  for (const suite of ['pytorch-converted', 'pytorch-operator', 'node']) {
    const own = rows.filter(({ one }) => one.suite === suite).map(({ outcome }) => outcome.kind);
    const good = own.filter((kind) => kind === 'passed').length;
    const refused = own.filter((kind) => kind === 'refused').length;
    passed++;
    console.log(`pass ${suite} of onnx ${version}: ${good} of ${own.length}, ${refused} refused`);
  }
  await writeTable('conformance', tableOf(rows));
}

/** Imports the models of other exporters, compares their outputs, and proves their gradients. */
async function checkModels(): Promise<void> {
  const { version, cases: all } = casesOf('import_models.py', folder);
  console.log(`models of ${version}`);
  const rows: { one: Case; told: string; proof: Proof }[] = [];
  const named = all.filter(({ name }) => only.includes(name));
  for (const one of named.length > 0 ? named : all) {
    if ('missing' in one) {
      console.log(`skip ${one.name}: ${one.missing}`);
      continue;
    }
    const outcome = await runCase(one);
    const proof = outcome.kind === 'passed' ? await proveCase(one) : undefined;
    if (proof !== undefined && proof.wrong === undefined) {
      passed++;
      rows.push({ one, told: outcome.told, proof });
    } else failed++;
    const told = proof
      ? `${outcome.told}, ${proof.wrong ?? `${proof.derivatives} derivatives of ${proof.boxes} boxes, ${proof.maxError.toExponential(1)}`}`
      : outcome.told;
    console.log(`${proof && !proof.wrong ? 'pass' : 'FAIL'} ${one.suite} ${one.name}: ${told}`);
  }
  if (named.length === 0) await writeTable('models', modelTableOf(rows));
  else console.log(modelTableOf(rows));
}

/** Writes a table of docs/onnx.md, between two comments. */
async function writeTable(name: string, table: string): Promise<void> {
  const docs = fileURLToPath(new URL('../../docs/onnx.md', import.meta.url));
  const text = await readFile(docs, 'utf8');
  const part = new RegExp(`<!-- ${name} -->[^]*?<!-- end -->`);
  const lines = `<!-- ${name} -->\n\n${table}\n\n<!-- end -->`;
  // The columns are padded as the format of the repository wants it.
  const { format, resolveConfig } = await import('prettier');
  const options = { ...(await resolveConfig(docs)), filepath: docs };
  await writeFile(
    docs,
    await format(
      text.replace(part, () => lines),
      options,
    ),
  );
}

const only = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'boxprop-onnx-'));
let [passed, failed] = [0, 0];
try {
  await useBackend('wasm');
  const python = await startPython(
    fileURLToPath(new URL('run_models.py', import.meta.url)),
    'onnxruntime numpy',
  );
  console.log(
    `onnxruntime ${String(python.hello.version)}; largest difference, as a share of the largest output`,
  );
  for (const [name, run] of checks(python, folder)) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      const told = await run();
      if (told === '') continue;
      passed++;
      console.log(`pass ${name}: ${told}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${messageOf(error)}`);
    }
  }
  python.close();
  const isWanted = (name: string) => only.length === 0 || only.includes(name);
  if (isWanted('conformance')) await checkConformance();
  if (isWanted('models')) await checkModels();
} catch (error) {
  failed++;
  console.log(`FAIL ${messageOf(error)}`);
} finally {
  await rm(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
