/** The conformance cases of the PyPI package onnx, for `npm run test:onnx`. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { BoxpropError } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { loadOnnx } from '../../formats/onnx/onnxFile.ts';
import { difference } from '../support/python.ts';

interface Saved {
  readonly shape: number[];
  readonly file: string;
}

/** A case of `conformance.py`. A tensor that does not consist of floats is null. */
export interface Case {
  readonly suite: string;
  readonly name: string;
  readonly model: string;
  /** The same model with all inputs but the first one in the file. */
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

/** Some expected values are written with four digits in the sources of ONNX. */
const LIMIT = 3e-4;

/** Writes the cases into a folder and returns their list. */
export function conformanceCases(folder: string): { version: string; cases: Case[] } {
  const script = fileURLToPath(new URL('conformance.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.env.PYTHON ?? 'python3', [script, folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 600_000,
  });
  if (status !== 0)
    throw new Error(`${stderr.trim().split('\n').at(-1) ?? ''}; pip install onnx numpy`);
  const [hello, ...lines] = stdout.trim().split('\n');
  const cases = lines.map((line) => JSON.parse(line) as Case);
  return { version: (JSON.parse(hello) as { version: string }).version, cases };
}

async function valuesOf({ file }: Saved): Promise<Float32Array> {
  return new Float32Array(new Uint8Array(await readFile(file)).buffer);
}

/** Runs one model of a case. */
async function runModel(file: string, { inputs, outputs }: Case): Promise<Outcome> {
  let network;
  try {
    network = await loadOnnx<string[], string[]>(file);
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    return { kind: 'refused', told: error.message.replace(`${file}: `, '') };
  }
  try {
    // The inputs come first, and the others became tensors of the file.
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
      worst = Math.max(worst, difference(got.filter(isFinite), wanted.filter(isFinite)));
      inFile.dispose();
    }
    disposeTensors([tensors, all]);
    return worst <= LIMIT
      ? { kind: 'passed', told: worst.toExponential(1) }
      : { kind: 'FAILED', told: worst.toExponential(1) };
  } catch (error) {
    return { kind: 'FAILED', told: error instanceof Error ? error.message : 'threw' };
  } finally {
    network.dispose();
  }
}

/** Runs a case: as it is, and with its weights in the file, where the graph has them as inputs. */
export async function runCase(one: Case): Promise<Outcome> {
  const first = await runModel(one.model, one);
  if (one.constants === null || first.kind === 'FAILED') return first;
  const second = await runModel(one.constants, one);
  if (second.kind === 'FAILED') return second;
  return first.kind === 'passed' ? first : second;
}
