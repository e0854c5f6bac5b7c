import type { Variable } from '@tensorflow/tfjs-core';
import { InputError, messageOf, show } from '../../lib/errors.ts';
import { pageUrl } from '../../lib/pageUrl.ts';
import { assignWeights } from './assignWeights.ts';
import { AS_IT_IS, type FileLayout } from './fileLayout.ts';
import { openSafetensors } from './openSafetensors.ts';

/** A source of weights: a URL, a File that the user has chosen, or the bytes themselves. */
export type WeightsSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/**
 * Sets variables from safetensors weights that a page fetches, that the user has chosen, or that
 * are in memory. Otherwise it behaves like `loadWeights` of boxprop/node, which reads a path. If
 * the source is a File, only the header and one tensor at a time are read into memory.
 *
 *     await loadWeights('lenet.safetensors', network.params);
 *     await loadWeights(input.files[0], network.params, torchLayout(network, [28, 28, 1]));
 *
 * Errors: a URL that cannot be fetched; a file that is not a safetensors file; names or shapes that
 *         do not match (the message lists the first few); a value that is not finite (the message
 *         names its tensor).
 * @param source a string is treated as a URL, which may be relative to the page.
 * @returns the metadata of the weights.
 */
export async function loadWeights(
  source: WeightsSource,
  params: Readonly<Record<string, Variable>>,
  layout: FileLayout = AS_IT_IS,
): Promise<Record<string, string>> {
  const { name, data } = await fetched(source);
  const opened =
    data instanceof Blob
      ? await openSafetensors(name, data.size, async (position, length) => {
          return new Uint8Array(await data.slice(position, position + length).arrayBuffer());
        })
      : await openSafetensors(name, data.length, (position, length) => {
          return Promise.resolve(Uint8Array.from(data.subarray(position, position + length)));
        });
  return assignWeights(name, opened, params, layout);
}

/** Weights, and the name that error messages use for them. */
interface Named {
  readonly name: string;
  readonly data: Blob | Uint8Array;
}

async function fetched(source: WeightsSource): Promise<Named> {
  if (source instanceof Uint8Array) return { name: 'weights', data: source };
  if (source instanceof ArrayBuffer) return { name: 'weights', data: new Uint8Array(source) };
  if (source instanceof Blob) {
    return { name: 'name' in source ? String(source.name) : 'weights', data: source };
  }
  const url = asUrl(source);
  const cannotFetch = (problem: string, error?: unknown) =>
    new InputError(`${url}: cannot be fetched: ${problem}`, { cause: error });
  const response = await fetch(url).catch((error: unknown) => {
    throw cannotFetch(messageOf(error), error);
  });
  if (!response.ok) throw cannotFetch(`status ${response.status}`);
  return { name: url, data: await response.blob() };
}

function asUrl(source: unknown): string {
  try {
    if (source instanceof URL) return source.href;
    if (typeof source === 'string') return new URL(source, pageUrl()).href;
  } catch {
    // In Node, a path is not a valid URL. The error below tells the user what to do.
  }
  throw new InputError(
    `loadWeights: expected source to be a URL, a File, a Blob or bytes, got ${show(source)}` +
      (typeof source === 'string' ? '; loadWeights of boxprop/node reads a path' : ''),
  );
}
