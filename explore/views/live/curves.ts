import type { EpochPoint, Progress } from '../../engine/live/progress.ts';

/** Points (x, y) as two lists, in the form that uPlot expects. */
export interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The largest number of points of a line. If there are more, neighbouring points are averaged. */
const MOST = 2000;

/** The curves of a training run. `with` returns a new object, so that a signal notices the change. */
export class Curves {
  /** The loss of each step, or of several neighbouring steps. */
  readonly losses: Line;
  readonly epochs: readonly EpochPoint[];
  /** The number of steps over which a point of `losses` is averaged. */
  readonly #stride: number;
  /** The losses of the steps after the last point. */
  readonly #rest: readonly number[];

  constructor(
    losses: Line = { x: [], y: [] },
    epochs: readonly EpochPoint[] = [],
    stride = 1,
    rest: readonly number[] = [],
  ) {
    this.losses = losses;
    this.epochs = epochs;
    this.#stride = stride;
    this.#rest = rest;
  }

  /** Returns these curves with the steps and epochs of a report appended. */
  with({ steps, epochs }: Pick<Progress, 'steps' | 'epochs'>): Curves {
    let [x, y, stride] = [[...this.losses.x], [...this.losses.y], this.#stride];
    let rest = [...this.#rest];
    for (const { step, loss } of steps) {
      rest.push(loss);
      if (rest.length < stride) continue;
      x.push(step + 1);
      y.push(mean(rest));
      rest = [];
    }
    while (x.length > MOST) {
      const pairs = Math.floor(x.length / 2);
      const odd = y.slice(2 * pairs);
      rest = [...odd.flatMap((loss) => new Array<number>(stride).fill(loss)), ...rest];
      y = Array.from({ length: pairs }, (_, i) => mean([y[2 * i], y[2 * i + 1]]));
      x = Array.from({ length: pairs }, (_, i) => x[2 * i + 1]);
      stride *= 2;
    }
    return new Curves({ x, y }, [...this.epochs, ...epochs], stride, rest);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
