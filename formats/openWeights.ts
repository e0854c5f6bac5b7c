import { InputError, messageOf, show } from '../lib/errors.ts';
import { pageUrl } from '../lib/pageUrl.ts';
import { openTensorFile } from './openTensorFile.ts';
import type { ReadAt, TensorFile } from './tensorFile.ts';

/** A source of weights: a URL, a File that the user has chosen, or the bytes themselves. */
export type WeightsSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/**
 * Opens weights that a page fetches, that the user has chosen, or that are in memory: safetensors,
 * or a PyTorch file. If the source is a File, only the list of its tensors is read first, and
 * `read` reads a single tensor.
 *
 *     const { format, entries, read } = await openWeights(input.files[0]);
 *
 * Errors: a URL that cannot be fetched; a file that is neither a safetensors file nor a PyTorch
 *          file.
 * @param source a string is treated as a URL, which may be relative to the page.
 */
export async function openWeights(
  source: WeightsSource,
): Promise<TensorFile & { /** The name of the weights in errors. */ readonly name: string }> {
  const { name, size, readAt } = await openSource(source, 'loadWeights');
  return { ...(await openTensorFile(name, size, readAt)), name };
}

/** An open source: its name for errors, its size, and a function that reads parts of it. */
interface OpenSource {
  readonly name: string;
  readonly size: number;
  readonly readAt: ReadAt;
}

/**
 * Opens a URL, a File, a Blob or bytes.
 *
 * Errors: a URL that cannot be fetched.
 * @param where the function that the user has called, for messages.
 */
export async function openSource(source: WeightsSource, where: string): Promise<OpenSource> {
  const { name, data } = await fetched(source, where);
  if (data instanceof Blob) {
    const readAt: ReadAt = async (position, length) =>
      new Uint8Array(await data.slice(position, position + length).arrayBuffer());
    return { name, size: data.size, readAt };
  }
  const readAt: ReadAt = (position, length) =>
    Promise.resolve(Uint8Array.from(data.subarray(position, position + length)));
  return { name, size: data.length, readAt };
}

/** Weights, and the name that error messages use for them. */
interface Named {
  readonly name: string;
  readonly data: Blob | Uint8Array;
}

async function fetched(source: WeightsSource, where: string): Promise<Named> {
  if (source instanceof Uint8Array) return { name: 'weights', data: source };
  if (source instanceof ArrayBuffer) return { name: 'weights', data: new Uint8Array(source) };
  if (source instanceof Blob) {
    return { name: 'name' in source ? String(source.name) : 'weights', data: source };
  }
  const url = asUrl(source, where);
  const cannotFetch = (problem: string, error?: unknown) =>
    new InputError(`${url}: cannot be fetched: ${problem}`, { cause: error });
  const response = await fetch(url).catch((error: unknown) => {
    throw cannotFetch(messageOf(error), error);
  });
  if (!response.ok) throw cannotFetch(`status ${response.status}`);
  return { name: url, data: await response.blob() };
}

function asUrl(source: unknown, where: string): string {
  try {
    if (source instanceof URL) return source.href;
    if (typeof source === 'string') return new URL(source, pageUrl()).href;
  } catch {
    // In Node, a path is not a valid URL. The error below tells the user what to do.
  }
  throw new InputError(
    `${where}: expected source to be a URL, a File, a Blob or bytes, got ${show(source)}` +
      (typeof source === 'string' ? `; ${where} of boxprop/node reads a path` : ''),
  );
}
