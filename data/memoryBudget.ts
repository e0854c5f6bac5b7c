/**
 * Limits the total memory of tasks that run at the same time. Each task states how much it needs
 * (its cost), and waits until that much of the budget is free. A task whose cost exceeds the whole
 * budget runs when no other task runs.
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

  /** Runs a task as soon as its cost is free. Tasks start in the order of the calls. */
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
