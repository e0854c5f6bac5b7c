import { env } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { pageUrl } from '../pageUrl.ts';
import { reason } from './failure.ts';
import type { BackendOptions, WasmFile } from './options.ts';

type Places = Readonly<Record<WasmFile, string>>;

/**
 * This name has the type `string`, because bundlers would try to resolve the import of a literal.
 */
const PACKAGE: string = '@tensorflow/tfjs-backend-wasm';

/**
 * Returns the URLs of the wasm files for a page or a worker. They come from the option `wasmPaths`.
 * Without this option, they are in the first of these places that has the file that this browser
 * needs:
 *
 * 1. the URLs that webpack and Vite write into a build;
 * 2. the folder of the package to which an import map resolves it;
 * 3. the package in the folder node_modules from which this script comes, as in Vite's dev server;
 * 4. the folder of this script, such as the bundle of esbuild;
 * 5. the folder of the page, or of the worker's script.
 *
 * The file is requested before tfjs starts, because tfjs cannot start again after a failure. The
 * first bytes are checked, because some servers send their start page in place of a missing file.
 *
 * Errors: the file is at none of these places. The message names them, and the option.
 */
export async function findWasmFiles(wasmPaths: BackendOptions['wasmPaths']): Promise<Places> {
  const file = await neededFile();
  const candidates = wasmPaths === undefined ? defaults() : [given(wasmPaths)];
  const failures = new Map<string, string>();
  for (const places of candidates) {
    const url = places[file];
    if (failures.has(url)) continue;
    const problem = await problemAt(url);
    if (problem === undefined) return places;
    failures.set(url, problem);
  }
  const listed = [...failures].map(([url, problem]) => `${problem} at ${url}`).join(', ');
  throw new InputError(
    `the backend wasm does not start here: expected ${file}, got ${listed}: set the option ` +
      `wasmPaths of useBackend to the URL of a folder with the files of ${PACKAGE}/dist`,
  );
}

/** Returns the file that tfjs will request in this browser. */
async function neededFile(): Promise<WasmFile> {
  const simd = await env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const threads = await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  return `tfjs-backend-wasm${simd ? (threads ? '-threaded-simd' : '-simd') : ''}.wasm`;
}

function given(wasmPaths: NonNullable<BackendOptions['wasmPaths']>): Places {
  if (typeof wasmPaths === 'string') return inFolder(wasmPaths);
  return mapFiles((file) => new URL(wasmPaths[file] ?? file, pageUrl()).href);
}

function inFolder(folder: string): Places {
  return mapFiles((file) => new URL(folder + file, pageUrl()).href);
}

function mapFiles(place: (file: WasmFile) => string): Places {
  return {
    'tfjs-backend-wasm.wasm': place('tfjs-backend-wasm.wasm'),
    'tfjs-backend-wasm-simd.wasm': place('tfjs-backend-wasm-simd.wasm'),
    'tfjs-backend-wasm-threaded-simd.wasm': place('tfjs-backend-wasm-threaded-simd.wasm'),
  };
}

function* defaults(): Generator<Places> {
  const built = bundled();
  if (built !== undefined) yield built;
  const { url } = import.meta as { url?: string };
  const mapped = resolved();
  if (mapped !== undefined) yield inFolder(new URL('.', mapped).href);
  if (url !== undefined) {
    for (const { index } of [...url.matchAll(/\/node_modules\//g)].reverse())
      yield inFolder(`${url.slice(0, index)}/node_modules/${PACKAGE}/dist/`);
    yield inFolder(new URL('.', url).href);
  }
  yield inFolder('');
}

/**
 * Returns the URLs that a bundler has written in place of these expressions. webpack and Vite copy
 * the files into the build. Because of the `try` block, webpack treats the package as optional.
 * Returns undefined if the expressions throw.
 */
function bundled(): Places | undefined {
  try {
    return {
      'tfjs-backend-wasm.wasm': new URL(
        '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
        import.meta.url,
      ).href,
      'tfjs-backend-wasm-simd.wasm': new URL(
        '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
        import.meta.url,
      ).href,
      'tfjs-backend-wasm-threaded-simd.wasm': new URL(
        '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
        import.meta.url,
      ).href,
    };
  } catch {
    return undefined;
  }
}

/** Returns the URL to which an import map resolves the package, if there is one. */
function resolved(): string | undefined {
  try {
    return import.meta.resolve(PACKAGE);
  } catch {
    return undefined;
  }
}

/** Requests a file. Returns the reason why it is not a wasm file, or undefined if it is one. */
async function problemAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    if (!response.ok) return `status ${response.status}`;
    // The whole file is read, so that tfjs will find it in the browser's cache.
    const [zero, a, s, m] = new Uint8Array(await response.arrayBuffer());
    const isWasm = zero === 0 && a === 0x61 && s === 0x73 && m === 0x6d;
    return isWasm ? undefined : `${response.headers.get('Content-Type') ?? 'another file'}`;
  } catch (error) {
    return reason(error);
  }
}
