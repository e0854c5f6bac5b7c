import { env, ready, setBackend } from '@tensorflow/tfjs-core';
import { firstThatStarts, ORDER } from './auto.ts';
import { registeredName, type BackendName, type BackendOptions } from './options.ts';
import { inUse, started } from './start.ts';
import { STARTERS } from './starters.ts';
import { SIMD_CHOICES } from '../kernels/simd/choice.ts';
import { checkOptions } from '../check.ts';
import { InputError, show } from '../errors.ts';

export type { BackendName, BackendOptions, SimdChoice, WasmFile } from './options.ts';

/**
 * Starts a tfjs backend and switches to it: until the next switch, it computes all tensors.
 * Resolves to its name. `'auto'` chooses the first backend that starts of this order: in Node
 * tensorflow-gpu, tensorflow, webgpu on a hardware GPU, wasm, cpu; in a browser webgpu on a
 * hardware GPU, webgl in single precision, wasm, cpu.
 *
 *     await useBackend(); // the fastest here
 *     await useBackend('wasm', { threads: 4 });
 *
 * Each backend is a separate package that the user installs. It is imported at its first use.
 *
 * Errors: a backend that is not installed or does not start (the message names the command that
 *         helps); tensorflow after tensorflow-gpu was loaded, or the reverse; a number of threads
 *         or a choice of instructions that differs from that of the backend's start. The backend in
 *         use then does not change.
 */
export async function useBackend(
  name: BackendName | 'auto' = 'auto',
  options: BackendOptions = {},
): Promise<BackendName> {
  checkOptions('useBackend', options, [
    'threads',
    'wasmPaths',
    'simd',
    'dawn',
    'halfPrecision',
    'cpuForward',
    'log',
  ]);
  const { threads, simd, log = () => {} } = options;
  if (name !== 'auto' && !Object.hasOwn(STARTERS, name)) {
    const known = ['auto', ...Object.keys(STARTERS)].map(show).join(', ');
    throw new InputError(`useBackend: expected name to be one of ${known}, got ${show(name)}`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new InputError(
      `useBackend: expected threads to be an integer of at least 1, got ${show(threads)}`,
    );
  }
  if (simd !== undefined && !SIMD_CHOICES.includes(simd)) {
    const known = SIMD_CHOICES.map(show).join(', ');
    throw new InputError(`useBackend: expected simd to be one of ${known}, got ${show(simd)}`);
  }
  if (name !== 'auto') {
    const note = await switchTo(name, options);
    if (note !== undefined) log(`backend ${name}: ${note}`);
    return name;
  }
  const order = ORDER[env().getBool('IS_BROWSER') ? 'browser' : 'node'];
  const choice = await firstThatStarts(order, (candidate) => switchTo(candidate, options, true));
  log(choice.line);
  return choice.name;
}

/**
 * Runs `body` on a backend, then switches back to the previous backend, even after an error.
 * Resolves to the result of `body`.
 *
 *     const exact = await withBackend('float64', () => network.predict(input).dataSync());
 */
export async function withBackend<T>(
  name: BackendName,
  body: () => T | Promise<T>,
  options: BackendOptions = {},
): Promise<T> {
  const before = inUse();
  await useBackend(name, options);
  try {
    return await body();
  } finally {
    if (before !== undefined) await setBackend(before);
  }
}

/** Starts a backend if it has not started yet, and switches to it. */
async function switchTo(
  name: BackendName,
  options: BackendOptions,
  hardwareOnly = false,
): Promise<string | undefined> {
  const registered = registeredName(name);
  const before = inUse();
  try {
    const note = await startOnce(name, options, hardwareOnly);
    if (options.cpuForward !== undefined) setCpuForward(name, options.cpuForward);
    await setBackend(registered);
    await ready();
    return note;
  } catch (error) {
    // The import of tfjs-node switches to its backend, even if the start then fails.
    if (before !== undefined && before !== inUse()) await setBackend(before);
    throw error;
  }
}

/**
 * The number of threads and the instructions with which a backend was started, and the note for the
 * user from its start.
 */
interface Running {
  readonly threads: number | undefined;
  readonly simd: BackendOptions['simd'];
  readonly note: string | undefined;
}

/** The backends that have started or are about to start. */
const running = new Map<BackendName, Promise<Running>>();

async function startOnce(
  name: BackendName,
  options: BackendOptions,
  hardwareOnly: boolean,
): Promise<string | undefined> {
  const earlier = running.get(name);
  await earlier;
  // tfjs's `removeBackend` may have removed the backend since it started.
  const gone = earlier === undefined || started(registeredName(name)) === undefined;
  let run = running.get(name);
  if (run === undefined || (gone && run === earlier)) {
    run = startNow(name, options, hardwareOnly);
    running.set(name, run);
    run.catch(() => running.delete(name));
  }
  const { threads, simd, note } = await run;
  if (name === 'wasm' && options.simd !== undefined && options.simd !== (simd ?? 'relaxed')) {
    throw new InputError(
      `useBackend: expected simd to be ${show(simd ?? 'relaxed')}, as when the backend wasm ` +
        `started, got ${show(options.simd)}`,
    );
  }
  if (THREADED.includes(name) && options.threads !== undefined && options.threads !== threads) {
    throw new InputError(
      `useBackend: expected threads to be ${threads ?? 'left out'}, as when the backend ${name} ` +
        `started, got ${options.threads}`,
    );
  }
  return note;
}

const THREADED: readonly BackendName[] = ['tensorflow', 'tensorflow-gpu', 'wasm'];

async function startNow(
  name: BackendName,
  options: BackendOptions,
  hardwareOnly: boolean,
): Promise<Running> {
  const byOthers = started(registeredName(name)) !== undefined;
  const note = await STARTERS[name](options, hardwareOnly);
  return { threads: byOthers ? undefined : options.threads, simd: options.simd, note };
}

/** Sets whether tfjs computes small tensors of webgl and webgpu on the CPU. */
function setCpuForward(name: BackendName, onCpu: boolean): void {
  if (name === 'webgl' || name === 'webgpu') env().set(`${name.toUpperCase()}_CPU_FORWARD`, onCpu);
}
