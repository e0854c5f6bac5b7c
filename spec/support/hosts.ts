import { ROOT } from './runCommand.ts';
import { openChromium, type Page } from '../../bench/chromium.ts';
import { swiftshader } from './swiftshader.ts';
import { runProgram } from './runProgram.ts';

/** A backend and the program that runs the exports of `proof.ts` on it. */
export interface Host {
  readonly backend: 'cpu' | 'wasm' | 'tensorflow' | 'webgl' | 'webgpu';
  readonly open: () => Promise<Pick<Page, 'call' | 'close'>>;
}

const inChromium = () => openChromium('spec/support/proof.ts');

/** Starts a new Node process for each call. */
const inNode = () =>
  Promise.resolve({
    call: <T>(name: string, ...args: unknown[]) => {
      const { stdout, stderr } = runProgram(
        process.execPath,
        [
          '--conditions=boxprop-source',
          '--import',
          'tsx',
          'spec/support/proofInNode.ts',
          name,
          JSON.stringify(args),
        ],
        {
          cwd: ROOT,
          env: { ...process.env, ...swiftshader() },
        },
      );
      if (stdout === '') throw new Error(stderr.trim());
      return Promise.resolve(JSON.parse(stdout) as T);
    },
    close: () => Promise.resolve(),
  });

export const HOSTS = {
  cpu: { backend: 'cpu', open: inNode },
  wasm: { backend: 'wasm', open: inNode },
  tensorflow: { backend: 'tensorflow', open: inNode },
  'webgl in Chromium': { backend: 'webgl', open: inChromium },
  'webgpu in Chromium': { backend: 'webgpu', open: inChromium },
  'webgpu in Node': { backend: 'webgpu', open: inNode },
} as const satisfies Record<string, Host>;
