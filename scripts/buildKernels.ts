import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Compiles the kernels of lib/kernels/simd/source with the clang of the Python package `ziglang`, and
 * writes each binary as a TypeScript module, which every bundler and Node can load.
 *
 *     python3 -m pip install ziglang==0.17.1
 *     npm run build:kernels
 */

/** The version of the package whose clang gives the same bytes on every machine. */
export const ZIG = '0.17.1';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'lib/kernels/simd/source');

/** The name of each build, and its flags. */
const BUILDS: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  relaxed: ['-mrelaxed-simd', '-DRELAXED'],
};

const FLAGS = [
  ...['--target=wasm32-freestanding', '-O3', '-msimd128', '-mbulk-memory'],
  // Without this flag, the compiler would be free to round a product and a sum only once.
  '-ffp-contract=off',
  ...['-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-unused-variable', '-Werror'],
  ...['-nostdlib', '-Wl,--no-entry', '-Wl,--strip-all'],
  // The module uses the memory of tfjs, and a stack that the caller gives it.
  ...['-Wl,--import-memory', '-Wl,--export=__stack_pointer'],
];

/** Compiles the kernels. Returns the text of each module, by its path from the root. */
export function compileKernels(): Record<string, string> {
  const version = zig('version').trim();
  if (version !== ZIG) {
    throw new Error(
      `kernels: expected ziglang ${ZIG}, got ${version}: python3 -m pip install ziglang==${ZIG}`,
    );
  }
  const files = readdirSync(SOURCE).filter((name) => name.endsWith('.c'));
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-kernels-'));
  try {
    return Object.fromEntries(
      Object.entries(BUILDS).map(([name, flags]) => {
        const output = join(folder, `${name}.wasm`);
        zig('cc', ...FLAGS, ...flags, '-o', output, ...files.sort());
        return [`lib/kernels/simd/binary/${name}.ts`, moduleOf(readFileSync(output))];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function zig(...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('python3', ['-m', 'ziglang', ...args], {
    cwd: SOURCE,
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) {
    throw new Error(
      `kernels: expected ziglang ${ZIG} to work, got ${error?.message ?? stderr.trim()}`,
    );
  }
  return stdout;
}

function moduleOf(bytes: Buffer): string {
  return [
    '/* Compiled from ../source by scripts/buildKernels.ts. */',
    `export default '${bytes.toString('base64')}';`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(compileKernels())) {
    writeFileSync(join(ROOT, path), text);
    console.log(`${path}: ${text.length} characters`);
  }
}
