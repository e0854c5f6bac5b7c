import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as networks from './networks.ts';
import type { Setup, System } from './system.ts';

/**
 * Typed as `string`, so that the types of the benchmark can be checked without this large package.
 */
const PACKAGE: string = 'onnxruntime-web';

/** The types of the part of onnxruntime-web that the benchmark uses. */
interface OnnxRuntime {
  readonly env: { readonly versions: { readonly web?: string }; readonly wasm: Wasm };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(file: Uint8Array, options: { executionProviders: string[] }): Promise<Session>;
  };
}

interface Wasm {
  numThreads?: number;
}

interface Tensor {
  readonly data: Float32Array;
}

interface Session {
  run(inputs: { readonly input: Tensor }): Promise<{ readonly output: Tensor }>;
}

/**
 * The forward pass in onnxruntime-web on wasm, of the network that boxprop's `toOnnx` has exported.
 * The images have boxprop's layout, and the model itself moves their channels to the front.
 * onnxruntime does not tell the number of parameters.
 */
export async function onnxruntime({ threads, batch, ...setup }: Setup): Promise<System> {
  const ort = (await import(PACKAGE)) as OnnxRuntime;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  const table = networks.describe(setup.network, setup.side);
  const session = await ort.InferenceSession.create(exported({ ...setup, batch }), {
    executionProviders: ['wasm'],
  });
  const shape = [batch, ...table.input];
  const input = new ort.Tensor('float32', networks.images(table, batch), shape);

  async function step() {
    const start = performance.now();
    await session.run({ input });
    return { step: performance.now() - start };
  }

  return {
    name: `onnxruntime-web ${ort.env.versions.web}`,
    backend: 'wasm',
    step,
    outputs: async () => [...(await session.run({ input })).output.data],
  };
}

function exported(setup: Setup): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-bench-'));
  try {
    const [script, file] = [
      fileURLToPath(new URL('exportOnnx.ts', import.meta.url)),
      join(folder, 'network.onnx'),
    ];
    execFileSync(process.execPath, [...process.execArgv, script, JSON.stringify(setup), file]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
