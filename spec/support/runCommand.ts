import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './runProgram.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The folder of the compiled boxprop, which `build.mjs` builds like an installed package. Files in
 * this folder import it as `boxprop`.
 */
export const BUILT = join(ROOT, 'build');

/** The program that `npx boxprop` runs. */
export const MAIN = join(BUILT, 'dist/cli/main.js');

/** The line that names the kernels of wasm, with which each command begins. */
export const KERNELS = /^backend wasm: uses own kernels in relaxed SIMD\n/;

/** Runs `npx boxprop ...` as a user would. Its stderr lacks the line of the kernels. */
export function boxprop(...args: string[]) {
  const { status, stdout, stderr } = runProgram(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
  });
  return { status, stdout, stderr: stderr.replace(KERNELS, '') };
}
