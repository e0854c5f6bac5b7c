import { estimate } from '../../lib/estimate.ts';
import { chart } from '../../report/charts.ts';

/** The kinds of networks that docs/lecture/good-and-bad-training.md compares. */
export const KINDS = ['sigmoid', 'tanh', 'relu', 'dropout', 'batchNorm', 'badStart'] as const;

/** The statistics of the hidden units, as in the log of a run. */
export const STATISTICS = [
  'dead',
  'sparsityAcrossExamples',
  'sparsityAcrossUnits',
  'correlation',
] as const;

/** A statistic of the hidden units. */
export type Statistic = (typeof STATISTICS)[number];

/** The content of docs/lecture/hidden.json. */
export interface HiddenResults {
  readonly seeds: number;
  readonly runs: {
    readonly kind: (typeof KINDS)[number];
    readonly seed: number;
    /** The error on the test images after each epoch, as a fraction. */
    readonly errors: readonly number[];
    /** The statistics of the last hidden layer after each epoch. */
    readonly last: readonly Readonly<Record<Statistic, number>>[];
  }[];
}

const runsOf = ({ runs }: HiddenResults, kind: string) => runs.filter((run) => run.kind === kind);

/** The rows of the table of docs/lecture/good-and-bad-training.md: after the last epoch. */
export function hiddenTable(results: HiddenResults): string[] {
  const brief = (values: readonly number[], digits: number) => {
    const { mean, standardError = NaN } = estimate(values);
    return `${mean.toFixed(digits)} ± ${standardError.toFixed(digits)}`;
  };
  return KINDS.map((kind) => {
    const runs = runsOf(results, kind);
    const errors = runs.map((run) => 100 * (run.errors.at(-1) ?? NaN));
    const cells = STATISTICS.map((name) =>
      brief(
        runs.map((run) => run.last.at(-1)?.[name] ?? NaN),
        2,
      ),
    );
    return `| ${[kind, brief(errors, 2), ...cells].join(' | ')} |`;
  });
}

/** Draws the sparsity and the correlation of the last hidden layer over the epochs. */
export function drawHidden(results: HiddenResults): string {
  const drawn = (['sparsityAcrossExamples', 'correlation'] as const).map((name, k) => {
    const points = KINDS.flatMap((kind) => {
      const runs = runsOf(results, kind);
      return runs[0].last.map((_, epoch) => {
        const { mean } = estimate(runs.map((run) => run.last[epoch][name]));
        return { x: epoch + 1, y: mean, curve: kind };
      });
    });
    const y = name === 'correlation' ? 'mean of |ρ|' : 'near 0, across examples';
    const svg = chart(points, { x: 'epoch', y, curves: KINDS });
    return svg.replace('<svg ', `<svg x="${k * 410}" `);
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="810" height="290" viewBox="0 0 810 290">` +
    `<rect width="810" height="290" fill="white"/>${drawn.join('')}</svg>\n`
  );
}
