import { existsSync } from 'node:fs';
import { InputError } from '../../lib/errors.ts';
import type { Commands } from './commands.ts';

/**
 * Returns whether the machine has an NVIDIA driver, or runs Linux under Windows (WSL), where there
 * may be one.
 */
export function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/dxg');
}

const REQUIREMENTS = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    for line in archive.read(metadata).decode().splitlines():
        if line.startswith("Requires-Dist: nvidia-") and "and-cuda" in line:
            print("cuda: " + line.split(":")[1].split(";")[0].strip())
`;

/**
 * Installs the CUDA libraries that a TensorFlow wheel requires into `deps/` of a tfjs-node-gpu.
 * TensorFlow's library looks for them in `../nvidia`, relative to itself.
 *
 * Errors: a wheel that requires no CUDA libraries; a failure of pip.
 */
export async function addCuda(
  commands: Commands,
  python: string,
  wheel: string,
  deps: string,
): Promise<void> {
  const list = await commands.run(python, ['-c', REQUIREMENTS, wheel], { cwd: deps, minutes: 1 });
  const packages = list.output.split('\n').flatMap((line) => /^cuda: (.+)/.exec(line)?.[1] ?? []);
  if (!list.ok || packages.length === 0) throw new InputError(`${wheel}: names no CUDA libraries`);
  const { ok, problem } = await commands.run(
    python,
    ['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--target', deps, ...packages],
    { cwd: deps, minutes: 45, env: { TMPDIR: deps } },
  );
  if (!ok) throw new InputError(`the CUDA libraries cannot be installed: ${problem}`);
}
