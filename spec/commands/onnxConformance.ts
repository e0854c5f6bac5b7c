/** The conformance cases of the PyPI package onnx, for `npm run test:onnx`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { BoxpropError } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { gradcheckNetwork } from '../../gradcheck/index.ts';
import { withBackend } from '../../index.ts';
import { loadOnnx } from '../../formats/onnx/onnxFile.ts';
import { difference } from '../support/python.ts';
import { runProgram } from '../support/runProgram.ts';

interface Saved {
  readonly shape: number[];
  readonly file: string;
}

/** A case of `conformance.py`. A tensor that does not consist of floats is null. */
export interface Case {
  readonly suite: string;
  readonly name: string;
  readonly model: string;
  /** The model whose gradients are proven, which has fewer channels if the other one is large. */
  readonly proof?: string;
  /** The same model, whose inputs except the first one are constants in the file. */
  readonly constants: string | null;
  readonly ops: readonly string[];
  readonly opset: number;
  readonly inputs: readonly (Saved | null)[];
  readonly outputs: readonly (Saved | null)[];
}

/** The result of a case. */
export interface Outcome {
  readonly kind: 'passed' | 'refused' | 'FAILED';
  readonly told: string;
}

/** The largest difference from the expected output, as a share of its largest value. */
const LIMIT = 1e-4;

/**
 * The cases that need more: their expected values are written with four digits in ONNX's source, or
 * computed in half precision.
 */
const LIMITS: Readonly<Record<string, number>> = {
  test_averagepool_2d_ceil_last_window_starts_on_pad: 2e-4,
  test_flexattention_fp16_expanded_ver26: 5e-4,
};

/** A case that a missing Python package leaves out. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

/**
 * Runs `conformance.py` or `import_models.py`, which write cases into a folder, and returns their
 * list.
 */
export function casesOf(script: 'conformance.py' | 'import_models.py', folder: string) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout, stderr, status } = runProgram(process.env.PYTHON ?? 'python3', [path, folder], {
    timeout: 1_200_000,
  });
  if (status !== 0)
    throw new Error(
      `${stderr.trim().split('\n').at(-1) ?? ''}; pip install onnx onnxruntime torch`,
    );
  const [hello, ...lines] = stdout.trim().split('\n');
  const cases = lines.map((line) => JSON.parse(line) as Case | Missing);
  return { version: (JSON.parse(hello) as { version: string }).version, cases };
}

async function valuesOf({ file }: Saved): Promise<Float32Array> {
  return new Float32Array(new Uint8Array(await readFile(file)).buffer);
}

/** Runs one model of a case. */
async function runModel(file: string, { name, inputs, outputs }: Case): Promise<Outcome> {
  let network;
  try {
    network = await loadOnnx<string[], string[]>(file);
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    return { kind: 'refused', told: error.message.replace(`${file}: `, '') };
  }
  try {
    // The network's inputs come first. The others have become tensors of the file.
    const given = inputs.slice(0, network.inputShapes.length);
    if (given.includes(null)) return { kind: 'refused', told: 'an input is not of floats' };
    const tensors: Tensor[] = [];
    for (const [i, input] of given.entries()) {
      if (input === null) continue;
      const values = await valuesOf(input);
      tensors.push(
        tidy(() => transpose(constant(values, input.shape as [number]), [...network.inputAxes[i]])),
      );
    }
    const single = network.arity === 'tensor';
    const output = network.infer((single ? tensors[0] : tensors) as Tensor[]) as unknown;
    const all = [output].flat() as Tensor[];
    let worst = 0;
    for (const [i, tensor] of all.entries()) {
      const expected = outputs[i];
      if (!expected) continue;
      const axes = network.outputAxes[i];
      const back = axes.map((_, axis) => axes.indexOf(axis));
      const inFile = tidy(() => transpose(tensor, back));
      if (inFile.shape.join() !== expected.shape.join())
        return { kind: 'FAILED', told: `shape [${inFile.shape.join()}], not [${expected.shape.join()}]` }; // prettier-ignore
      const [got, wanted] = [Array.from(await inFile.data()), Array.from(await valuesOf(expected))];
      // Some cases have values that are not finite, where both must be the same.
      const isFinite = (_: unknown, k: number) =>
        Number.isFinite(wanted[k]) || !Object.is(got[k], wanted[k]);
      if (wanted.length > 0 && !wanted.some(Number.isFinite))
        return { kind: 'FAILED', told: 'no expected value is finite' };
      worst = Math.max(worst, difference(got.filter(isFinite), wanted.filter(isFinite)));
      inFile.dispose();
    }
    disposeTensors([tensors, all]);
    return worst <= (LIMITS[name] ?? LIMIT)
      ? { kind: 'passed', told: worst.toExponential(1) }
      : { kind: 'FAILED', told: worst.toExponential(1) };
  } catch (error) {
    return { kind: 'FAILED', told: error instanceof Error ? error.message : 'threw' };
  } finally {
    network.dispose();
  }
}

/**
 * Runs a case as it is. If the weights are inputs of its graph, also runs it with the weights in
 * the file.
 */
export async function runCase(one: Case): Promise<Outcome> {
  const first = await runModel(one.model, one);
  if (one.constants === null || first.kind === 'FAILED') return first;
  const second = await runModel(one.constants, one);
  if (second.kind === 'FAILED') return second;
  return first.kind === 'passed' ? first : second;
}

/** What the checker found in an imported network. */
export interface Proof {
  readonly boxes: number;
  /** The number of derivatives that were compared. */
  readonly derivatives: number;
  readonly maxError: number;
  /** The processor time that the proof took, in seconds. */
  readonly seconds: number;
  /** The problem, if there is one. */
  readonly wrong: string | undefined;
}

/** Proves the gradients of an imported network in double precision: each box, and the whole. */
export async function proveCase({ model, proof = model, inputs: [input] }: Case): Promise<Proof> {
  return withBackend('float64', async () => {
    const network = await loadOnnx(proof);
    if (!input) throw new Error(`${proof}: expected an input of floats`);
    const values = await valuesOf(input);
    const x = tidy(() =>
      transpose(constant(values, input.shape as [number]), [...network.inputAxes[0]]),
    );
    const start = process.cpuUsage();
    const { results } = await gradcheckNetwork(network, { input: x, directions: 1 });
    const { user, system } = process.cpuUsage(start);
    disposeTensors(x);
    network.dispose();
    const own = results.filter(({ tensor }) => tensor !== 'output');
    const wrong = results.find(({ pass }) => !pass);
    return {
      boxes: new Set(results.map(({ config }) => config)).size - 1,
      derivatives: own.reduce((sum, { checked }) => sum + checked, 0),
      maxError: Math.max(...own.map(({ maxError }) => maxError)),
      seconds: (user + system) / 1e6,
      wrong: wrong && `${wrong.name}: ${wrong.tensor}: ${wrong.message ?? ''}`,
    };
  });
}

/** Formats the table of docs/onnx.md on imported models. */
export function modelTableOf(
  rows: readonly { readonly one: Case; readonly told: string; readonly proof: Proof }[],
): string {
  const lines = rows.map(({ one, told, proof: { boxes, derivatives, maxError, seconds } }) => {
    const width = one.proof === one.model || one.proof === undefined ? '' : ', a quarter of its channels in the proof'; // prettier-ignore
    return `| ${one.suite} ${one.name}${width} | ${boxes} | ${told} | ${derivatives} | ${maxError.toExponential(1)} | ${seconds.toFixed(seconds < 10 ? 1 : 0)} |`;
  });
  return [
    '| model | boxes | largest difference of the outputs | derivatives compared | largest error | seconds of the proof |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** Formats the table of docs/onnx.md: the node cases by operator. */
export function tableOf(
  rows: readonly { readonly one: Case; readonly outcome: Outcome }[],
): string {
  const counts = new Map<string, { passed: number; refused: number }>();
  for (const { one, outcome } of rows) {
    const [op] = one.ops;
    if (one.suite !== 'node' || one.ops.length !== 1) continue;
    const count = counts.get(op) ?? { passed: 0, refused: 0 };
    counts.set(op, count);
    if (outcome.kind === 'passed') count.passed++;
    else count.refused++;
  }
  const lines = [...counts]
    .filter(([, { passed }]) => passed > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, { passed, refused }]) => `| ${op} | ${passed} | ${refused} |`);
  return ['| operator | passed | refused |', '| --- | --- | --- |', ...lines].join('\n');
}
