import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../runCommand.ts';
import type { Ran } from '../runProgram.ts';
import { imports, requires, training, typed } from './programs.ts';
import type { Project } from './project.ts';
import type { Runtime } from './runtimes.ts';

/** A line of the table: what was tried, and `yes` or the first line of what went wrong. */
export interface Trial {
  readonly what: string;
  readonly result: string;
}

/** What a runtime gave: its version, and a result for each column. */
export interface RuntimeRow {
  readonly name: string;
  readonly version: string;
  readonly results: Readonly<Record<string, string>>;
  /** The losses of the training by backend. */
  readonly losses: Readonly<Record<string, string>>;
}

/** The backends, as `useBackend` takes them. Plain SIMD gives the same bytes everywhere. */
const BACKENDS = {
  float64: `'float64'`,
  cpu: `'cpu'`,
  wasm: `'wasm', { simd: 'plain' }`,
};

/** The entries of the installed package, such as `boxprop/train`. */
function entriesOf({ folder }: Project): string[] {
  const text = readFileSync(join(folder, 'node_modules/boxprop/package.json'), 'utf8');
  const { exports } = JSON.parse(text) as { exports: Record<string, unknown> };
  const code = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'));
  return code.map((subpath) => join('boxprop', subpath));
}

/** Runs all programs with one runtime. */
export function tryRuntime(project: Project, { name, binary, args }: Runtime): RuntimeRow {
  const program = join(project.folder, 'node_modules', binary);
  const runs = (file: string, text: string) => {
    project.write(file, text);
    return project.run(program, ...args, file);
  };
  const entries = entriesOf(project);
  const losses: Record<string, string> = {};
  const results: Record<string, string> = {
    import: answer(runs('imports.mjs', imports(entries)), 'ok'),
    require: answer(runs('requires.cjs', requires(entries)), 'ok'),
  };
  for (const [backend, options] of Object.entries(BACKENDS)) {
    const ran = runs(`${backend}.mjs`, training(options));
    losses[backend] = ran.stdout.trim();
    results[backend] = answer(ran, losses[backend]);
  }
  const command = ['node_modules/boxprop/dist/cli/main.js', 'gradcheck', 'Linear'];
  results.command = answer(project.run(program, ...args, ...command));
  const { stdout } = project.run(program, '--version');
  return { name, version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '?', results, losses };
}

/** `yes` if a program ended well and printed the text, or else the line that says why not. */
function answer({ status, stdout, stderr }: Ran, text?: string): string {
  if (status === 0 && (text === undefined || (text !== '' && stdout.trim() === text))) return 'yes';
  const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => /error|cannot/i.test(line));
  return (lines[0] ?? `status ${status}: ${stdout.trim()}`).trim().slice(0, 120);
}

/** Compiles the box of a user with both compilers in the ways in which packages are resolved. */
export function tryTypes(project: Project): Trial[] {
  project.write('typed.ts', typed);
  const modes = {
    nodenext: ['--module', 'nodenext'],
    bundler: ['--module', 'esnext', '--moduleResolution', 'bundler'],
  };
  return ['typescript6', 'typescript7'].flatMap((compiler) => {
    const folder = join(project.folder, 'node_modules', compiler);
    const { version, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version: string;
      bin: { tsc: string };
    };
    return Object.entries(modes).map(([mode, options]) => {
      const strict = ['--strict', '--noEmit', '--target', 'es2022', '--skipLibCheck', ...options];
      const ran = project.run(process.execPath, join(folder, bin.tsc), ...strict, 'typed.ts');
      return { what: `TypeScript ${version}, strict, ${mode}`, result: answer(ran) };
    });
  });
}

/** Runs the cells of the example's notebook, one after the other, with Deno. */
export function tryNotebook(project: Project, deno: Runtime): Trial {
  const text = readFileSync(join(ROOT, 'examples/notebook-deno/spirals.ipynb'), 'utf8');
  const { cells } = JSON.parse(text) as { cells: { cell_type: string; source: string[] }[] };
  const code = cells.filter(({ cell_type }) => cell_type === 'code');
  project.write('notebook.ts', code.map(({ source }) => source.join('')).join('\n'));
  const binary = join(project.folder, 'node_modules', deno.binary);
  const ran = project.run(binary, ...deno.args, '--check', 'notebook.ts');
  const isRight = /every gradient agrees\nloss 0\.\d\d at first, 0\.0\d\d at the end/.test(
    ran.stdout,
  );
  return {
    what: 'the notebook of examples/notebook-deno, in Deno',
    result: isRight ? 'yes' : answer(ran),
  };
}
