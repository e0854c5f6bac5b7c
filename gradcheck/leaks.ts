import { backend, memory } from '@tensorflow/tfjs-core';

/** The memory that is in use on the current backend. */
export interface LiveMemory {
  readonly tensors: number;
  /**
   * The number of blocks of values, which tensors may share. A block can remain after its tensors
   * are disposed, for example if a kernel allocates a temporary block and does not free it.
   */
  readonly blocks: number;
}

/** Counts the tensors and blocks of values that exist. */
export function liveMemory(): LiveMemory {
  return { tensors: memory().numTensors, blocks: backend().numDataIds() };
}

/**
 * Describes the difference from an earlier count. Returns undefined if there is no difference.
 *
 * @param advice what to do about a tensor that is left behind.
 */
export function describeLeak(before: LiveMemory, advice: string): string | undefined {
  const now = liveMemory();
  const [tensors, blocks] = [now.tensors - before.tensors, now.blocks - before.blocks];
  if (tensors > 0) return `leaves ${count(tensors, 'tensor')} behind: ${advice}`;
  if (tensors < 0) return `disposes ${count(-tensors, 'tensor')} that it does not own`;
  if (blocks > 0) return `leaves the values of ${count(blocks, 'disposed tensor')} behind`;
  if (blocks < 0) return `frees the values of ${count(-blocks, 'live tensor')}`;
  return undefined;
}

/**
 * Describes the leak of a whole case, after its box, input and target have been disposed. Returns
 * undefined if there is no leak.
 */
export function describeCaseLeak(before: LiveMemory): string | undefined {
  const leak = describeLeak(before, 'keep them in params or buffers, or override dispose');
  return leak && `dispose ${leak}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
