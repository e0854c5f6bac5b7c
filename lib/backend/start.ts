import {
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  type KernelBackend,
} from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { reason } from './failure.ts';

/** Returns the backend of this name if it has started; tfjs's `findBackend` would start it. */
export function started(registered: string): KernelBackend | undefined {
  return engine().registry[registered];
}

/**
 * Starts a backend and registers it, unless it has already started. If a backend fails, tfjs would
 * print the reason on many lines and continue; here the failure is an error of one line.
 *
 * @param make creates the backend; by default, the factory that its package has registered.
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
