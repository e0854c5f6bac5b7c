import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as networks from './networks.ts';
import type { Setup, System } from './system.ts';

/** The types of the part of onnxruntime's packages for Node and for the web that is used here. */
interface OnnxRuntime {
  readonly env: {
    readonly versions: { readonly web?: string; readonly node?: string };
    readonly wasm: Wasm;
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(file: Uint8Array, options: SessionOptions): Promise<Session>;
  };
}

interface SessionOptions {
  readonly executionProviders: readonly string[];
  readonly intraOpNumThreads?: number;
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
 * The forward pass in onnxruntime on the CPU (onnxruntime-node) or on wasm (onnxruntime-web), of the
 * network that boxprop's `toOnnx` has exported.
 * The images have boxprop's layout, and the model itself moves their channels to the front.
 * onnxruntime does not tell the number of parameters.
 */
export async function onnxruntime({ threads, batch, ...setup }: Setup): Promise<System> {
  const isWeb = setup.system === 'onnxruntime-web';
  // A string, so that the types of the benchmark can be checked without these large packages.
  const name: string = setup.system;
  const ort = (await import(name)) as OnnxRuntime;
  if (threads !== undefined && isWeb) ort.env.wasm.numThreads = threads;
  const table = networks.describe(setup.network, setup.side);
  const session = await ort.InferenceSession.create(exported({ ...setup, batch }), {
    executionProviders: [isWeb ? 'wasm' : 'cpu'],
    ...(threads !== undefined && !isWeb && { intraOpNumThreads: threads }),
  });
  const shape = [batch, ...table.input];
  const input = new ort.Tensor('float32', networks.images(table, batch), shape);

  async function step() {
    const start = performance.now();
    await session.run({ input });
    return { step: performance.now() - start };
  }

  return {
    name: `${name} ${ort.env.versions[isWeb ? 'web' : 'node']}`,
    backend: isWeb ? 'wasm' : 'cpu',
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
