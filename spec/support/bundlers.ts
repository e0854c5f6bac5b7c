import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { runProgram } from './runProgram.ts';

const require = createRequire(import.meta.url);
const WEBPACK = require.resolve('webpack');
const VITE = join(require.resolve('vite/package.json'), '../bin/vite.js');

/** Builds `main.js` of an app with webpack into `dist/`. Returns the complaints of webpack. */
export function buildWithWebpack(folder: string): { errors: string[]; warnings: string[] } {
  const script = `
    const webpack = require(${JSON.stringify(WEBPACK)});
    const compiler = webpack({ mode: 'development', devtool: false, entry: './main.js' });
    compiler.run((error, stats) => {
      const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
      const lines = (all) => all.map(({ message }) => message.split('\\n')[0]);
      console.log(JSON.stringify({ errors: lines(errors), warnings: lines(warnings) }));
    });`;
  return JSON.parse(run(folder, ['--input-type=commonjs', '-e', script])) as ReturnType<
    typeof buildWithWebpack
  >;
}

/** Builds an app with Vite into `dist/`. Returns what Vite writes. */
export function buildWithVite(folder: string): string {
  return run(folder, [VITE, 'build', '--minify', 'false']);
}

/** Starts Vite's development server. */
export async function serveWithVite(folder: string): Promise<{ url: string; close: () => void }> {
  const child = spawn(process.execPath, [VITE, '--host', 'localhost'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let text = '';
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /http:\/\/localhost:\d+\//.exec(text);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', () => reject(new Error(text)));
  });
  return { url, close: () => void child.kill() };
}

/** Bundles a module of an app with esbuild into one file. */
export async function buildWithEsbuild(folder: string, entry: string, outfile: string) {
  const { warnings } = await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: folder,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  return warnings.map(({ text }) => text);
}

function run(folder: string, args: readonly string[]): string {
  const { status, stdout, stderr } = runProgram(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}
