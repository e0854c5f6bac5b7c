import { tensor, tidy } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';

/** The values of a network's parameters and buffers by name. */
export type NetworkWeights = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

type Network = Pick<Module, 'params' | 'buffers'>;

/** Copies the values of a network's parameters and buffers into new memory. */
export async function readWeights(network: Network): Promise<NetworkWeights> {
  const entries = Object.entries({ ...network.params, ...network.buffers }).map(
    async ([name, variable]) => [name, Float32Array.from(await variable.data())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Returns the buffers of the weights, which can be transferred to another thread. */
export function buffersOf(weights: NetworkWeights): ArrayBuffer[] {
  return Object.values(weights).map(({ buffer }) => buffer);
}

/**
 * Sets the parameters and buffers of a network.
 *
 * Errors: weights that do not match the network. In that case, no variable is set.
 *
 * @param where the function that the error names.
 */
export function setWeights(network: Network, weights: NetworkWeights, where: string): void {
  const variables = Object.entries({ ...network.params, ...network.buffers });
  const sizes = (of: [string, { readonly [size in 'size' | 'length']?: number }][]) =>
    of.map(([name, { size, length }]) => `${name} of ${size ?? length} values`);
  const [own, other] = [sizes(variables), sizes(Object.entries(weights))];
  const missing = own.find((line) => !other.includes(line));
  const extra = other.find((line) => !own.includes(line));
  if (missing !== undefined || extra !== undefined) {
    throw new InputError(
      `${where}: expected the page and the worker to build the same network, got ` +
        `${show(missing ?? 'nothing')} in one and ${show(extra ?? 'nothing')} in the other`,
    );
  }
  for (const [name, variable] of variables)
    tidy(() => variable.assign(tensor(weights[name], variable.shape, 'float32')));
}
