import { env } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { importFailure } from './failure.ts';
import type { BackendOptions } from './options.ts';
import { start } from './start.ts';

/**
 * Starts webgl in a browser. A device that cannot render 32-bit floats computes in half precision,
 * whose rounding errors exceed small gradients. On such a device the function throws, unless
 * `halfPrecision` is true.
 */
export async function startWebgl({
  halfPrecision = false,
}: BackendOptions): Promise<string | undefined> {
  if (!env().getBool('IS_BROWSER')) throw new InputError('the backend webgl needs a browser');
  try {
    await import('@tensorflow/tfjs-backend-webgl');
  } catch (error) {
    throw importFailure(error, 'webgl', '@tensorflow/tfjs-backend-webgl');
  }
  if (env().getNumber('WEBGL_VERSION') === 0) {
    throw new InputError('the backend webgl finds no WebGL here');
  }
  const whole = env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');
  if (!whole && !halfPrecision) {
    throw new InputError(
      'the backend webgl has only half precision here: use another, or set halfPrecision to true',
    );
  }
  await start('webgl');
  return whole ? undefined : 'computes in half precision';
}
