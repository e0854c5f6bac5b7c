import { device_util, engine, env, ready, setBackend } from '@tensorflow/tfjs-core';
import { firstThatStarts, ORDER } from './auto.ts';
import { registeredName, type BackendName, type BackendOptions } from './options.ts';
import { started } from './start.ts';
import { STARTERS } from './starters.ts';
import { InputError, show } from '../errors.ts';

export type { BackendName, BackendOptions, WasmFile } from './options.ts';

/**
 * Starts a tfjs backend and makes it the one that tensors are computed on from here on; resolves to its name.
 * `'auto'` takes the fastest that starts: in Node tensorflow-gpu, tensorflow, webgpu on a real GPU, wasm, cpu; in a
 * browser webgpu on a real GPU, webgl in single precision, wasm, cpu.
 *
 * Each backend is a package of its own that the user installs, and is imported when it is first asked for.
 *
 * Errors: a backend that is missing or does not start, with the command that helps; tensorflow where tensorflow-gpu is
 *         loaded, or the other way about; another number of threads than the backend started with. The backend in use
 *         stays.
 */
export async function useBackend(
  name: BackendName | 'auto' = 'auto',
  options: BackendOptions = {},
): Promise<BackendName> {
  const { threads, log = () => {} } = options;
  if (name !== 'auto' && !Object.hasOwn(STARTERS, name)) {
    const known = ['auto', ...Object.keys(STARTERS)].join(', ');
    throw new InputError(`expected a backend out of ${known}, got ${show(name)}`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new InputError(`threads: expected an integer of at least 1, got ${show(threads)}`);
  }
  if (name !== 'auto') {
    const note = await take(name, options);
    if (note !== undefined) log(`backend ${name}: ${note}`);
    return name;
  }
  const order = ORDER[device_util.isBrowser() ? 'browser' : 'node'];
  const choice = await firstThatStarts(order, (candidate) => take(candidate, options, true));
  log(choice.line);
  return choice.name;
}

/** Runs `body` on a backend, then goes back to the one in use before. */
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
async function take(
  name: BackendName,
  options: BackendOptions,
  hardwareOnly = false,
): Promise<string | undefined> {
  const registered = registeredName(name);
  const before = inUse();
  try {
    const note = await startOnce(name, options, hardwareOnly);
    if (options.cpuForward !== undefined) forward(name, options.cpuForward);
    await setBackend(registered);
    await ready();
    return note;
  } catch (error) {
    // Importing tfjs-node makes it the one in use.
    if (before !== undefined && before !== inUse()) await setBackend(before);
    throw error;
  }
}

/** A backend that has started, or is about to. */
interface Running {
  readonly threads: number | undefined;
  readonly note: string | undefined;
}

const running = new Map<BackendName, Promise<Running>>();

async function startOnce(
  name: BackendName,
  options: BackendOptions,
  hardwareOnly: boolean,
): Promise<string | undefined> {
  const earlier = running.get(name);
  await earlier;
  // It may have been removed since, by tfjs's `removeBackend`.
  const gone = earlier === undefined || started(registeredName(name)) === undefined;
  let run = running.get(name);
  if (run === undefined || (gone && run === earlier)) {
    run = startNow(name, options, hardwareOnly);
    running.set(name, run);
    run.catch(() => running.delete(name));
  }
  const { threads, note } = await run;
  if (THREADED.includes(name) && options.threads !== undefined && options.threads !== threads) {
    throw new InputError(
      `threads: the backend ${name} started with ${threads ?? 'its own number'} and keeps them, got ${options.threads}`,
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
  return { threads: byOthers ? undefined : options.threads, note };
}

/** Small tensors on webgl and webgpu: whether tfjs computes them on the CPU. */
function forward(name: BackendName, onCpu: boolean): void {
  if (name === 'webgl' || name === 'webgpu') env().set(`${name.toUpperCase()}_CPU_FORWARD`, onCpu);
}

function inUse(): string | undefined {
  // tfjs sets null, against its types, when the one in use is removed.
  return engine().backendName || undefined;
}
