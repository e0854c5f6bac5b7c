/**
 * Collects single items into batches, because a network computes 32 inputs in far less time than
 * 32 times one. `compute` gets a list of items and returns the list of their results.
 */
export class Batcher {
  #waiting = [];
  #busy = false;
  #timer;
  #compute;
  #maxBatch;
  #maxWait;

  /**
   * @param maxBatch the largest number of items in a batch.
   * @param maxWait the time in milliseconds that an item waits for others to come.
   */
  constructor(compute, { maxBatch = 32, maxWait = 2 } = {}) {
    this.#compute = compute;
    this.#maxBatch = maxBatch;
    this.#maxWait = maxWait;
  }

  /** Returns the result of one item. Nothing is computed if the signal aborts in time. */
  add(item, signal) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, signal, resolve, reject });
      this.#schedule();
    });
  }

  #schedule() {
    if (this.#busy || this.#waiting.length === 0) return;
    const isFull = this.#waiting.length >= this.#maxBatch;
    if (isFull) void this.#run();
    else this.#timer ??= setTimeout(() => void this.#run(), this.#maxWait);
  }

  async #run() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#busy = true;
    const taken = this.#waiting.splice(0, this.#maxBatch);
    // A client that has gone needs no answer.
    for (const { signal, reject } of taken) if (signal?.aborted) reject(signal.reason);
    const batch = taken.filter(({ signal }) => !signal?.aborted);
    try {
      const results = batch.length > 0 ? await this.#compute(batch.map(({ item }) => item)) : [];
      batch.forEach(({ resolve }, n) => resolve(results[n]));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#busy = false;
      this.#schedule();
    }
  }
}
