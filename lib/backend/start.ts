import {
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  type KernelBackend,
} from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { reason } from './failure.ts';

/**
 * Returns the backend of this name if it has started. tfjs's `findBackend` is not used, because it
 * would start the backend.
 */
export function started(registered: string): KernelBackend | undefined {
  return engine().registry[registered];
}

/** Returns the registered name of the backend in use; undefined if there is none. */
export function inUse(): string | undefined {
  // When the backend in use is removed, tfjs sets its name to null, which tfjs's types do not
  // include.
  return engine().backendName || undefined;
}

/**
 * Starts a backend and registers it, unless it has already started. If a backend fails, tfjs would
 * print the reason on many lines and continue; this function throws a one-line error instead.
 *
 * @param make creates the backend; by default, the factory that its package has registered.
 */
export async function start(
  name: string,
  make: Factory = () => factoryOf(name)(),
): Promise<KernelBackend> {
  const running = started(name);
  if (running !== undefined) return running;
  rememberFactory(name);
  let backend: KernelBackend;
  try {
    backend = await make();
  } catch (error) {
    throw new InputError(`the backend ${name} does not start here: ${reason(error)}`);
  }
  if (findBackendFactory(name) !== null) removeBackend(name);
  const factory = () => backend;
  own.add(factory);
  registerBackend(name, factory);
  return backend;
}

type Factory = () => KernelBackend | Promise<KernelBackend>;

/**
 * The factories of the backends' packages. tfjs forgets them when a backend is replaced or removed.
 */
const factories = new Map<string, Factory>();

/**
 * The factories that `start` has registered. The backends that they return may already be disposed.
 */
const own = new WeakSet<Factory>();

function factoryOf(name: string): Factory {
  const factory = findBackendFactory(name) ?? factories.get(name);
  if (factory === undefined) throw new Error('its package did not register it');
  return factory;
}

function rememberFactory(name: string): void {
  const factory = findBackendFactory(name);
  if (factory !== null && !own.has(factory)) factories.set(name, factory);
}
