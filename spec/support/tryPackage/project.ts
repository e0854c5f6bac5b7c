import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packTarball } from '../../../scripts/package/packTarball.ts';
import { runProgram, type Ran } from '../runProgram.ts';
import { runtimes } from './runtimes.ts';

/** An empty project in which the tarball is installed, with all runtimes. */
export interface Project {
  readonly folder: string;
  /** Writes a file of the project. */
  write(file: string, text: string): void;
  /** Runs a program in the project. */
  run(program: string, ...args: string[]): Ran;
  remove(): void;
}

/** The packages that users install beside boxprop, and a second compiler. */
const BESIDE = {
  '@tensorflow/tfjs-core': '^4.22.0',
  '@tensorflow/tfjs-backend-cpu': '^4.22.0',
  '@tensorflow/tfjs-backend-wasm': '^4.22.0',
  '@types/node': '^20.19.43',
  typescript6: 'npm:typescript@6',
  typescript7: 'npm:typescript@7',
};

/** Installs a tarball of boxprop, or packs one. Errors: a registry that cannot be reached. */
export function createProject(tarball: string | undefined): Project {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-try-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const run = (program: string, ...args: string[]) =>
    runProgram(program, args, { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const dependencies = Object.assign(
      { boxprop: tarball ?? packTarball(folder), ...BESIDE },
      ...runtimes().map(({ spec }) => spec),
    ) as Record<string, string>;
    write('package.json', JSON.stringify({ type: 'module', private: true, dependencies }));
    // The runtimes need no script of their own to be installed.
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
    const { status, stderr } = runProgram('npm', ['install', ...quiet], {
      cwd: folder,
      timeout: 900_000,
    });
    if (status !== 0) throw new Error(`npm install: ${stderr.slice(-1000)}`);
    return { folder, write, run, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
