import {
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  type KernelBackend,
} from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { reason } from './failure.ts';

/** The backend that tfjs knows by this name, if it has started; without starting it, as tfjs's `findBackend` would. */
export function started(registered: string): KernelBackend | undefined {
  return engine().registry[registered];
}

/**
 * Starts a backend and registers it, unless it has started. tfjs would print why one fails, on many lines, and go on;
 * here it is an error of one line.
 *
 * @param make by default what the backend's package registered when it was imported.
 */
export async function start(
  name: string,
  make: () => KernelBackend | Promise<KernelBackend> = () => factoryOf(name)(),
): Promise<KernelBackend> {
  const running = started(name);
  if (running !== undefined) return running;
  let backend: KernelBackend;
  try {
    backend = await make();
  } catch (error) {
    throw new InputError(`the backend ${name} does not start here: ${reason(error)}`);
  }
  if (findBackendFactory(name) !== null) removeBackend(name);
  registerBackend(name, () => backend);
  return backend;
}

function factoryOf(name: string) {
  const factory = findBackendFactory(name);
  if (factory === null) throw new Error('its package did not register it');
  return factory;
}
