/**
 * Limits the memory of tasks that run at the same time. A task states its cost first, and waits
 * until this much of the budget is free. A task that costs more than the whole budget runs alone.
 *
 *     const budget = new MemoryBudget(1e8);
 *     const image = await budget.use(height * width, () => decode(bytes));
 */
export class MemoryBudget {
  readonly #total: number;
  #free: number;
  readonly #waiting: { readonly cost: number; readonly start: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Runs a task once its cost is free. Tasks start in the order of the calls. */
  async use<T>(cost: number, task: () => Promise<T>): Promise<T> {
    const taken = Math.min(cost, this.#total);
    await new Promise<void>((start) => {
      this.#waiting.push({ cost: taken, start });
      this.#startNext();
    });
    try {
      return await task();
    } finally {
      this.#free += taken;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next?.cost <= this.#free; next = this.#waiting[0]) {
      this.#free -= next.cost;
      this.#waiting.shift();
      next.start();
    }
  }
}
