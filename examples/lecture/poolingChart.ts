import type { Change } from 'boxprop/inspect';
import { estimate } from '../../lib/estimate.ts';
import { chart } from '../../report/charts.ts';

/** The poolings that docs/lecture/pooling.md compares. */
export const POOLS = ['max', 'average', 'l2', 'none'] as const;

/** The kinds of transformations. */
export type Kind = 'shift' | 'rotation' | 'scale';

/** The changes at the end of a stage, each divided by that to another image. */
export type Stage = Readonly<Record<Kind, readonly Change[]>>;

/** The content of docs/lecture/pooling.json. */
export interface PoolingResults {
  readonly examples: number;
  readonly seeds: number;
  readonly networks: {
    readonly pool: (typeof POOLS)[number];
    readonly seed: number;
    /** The error on the test images, as a fraction. */
    readonly error: number;
    /** The three stages, and the scores. */
    readonly stages: readonly Stage[];
  }[];
}

/** Returns the changes at the end of a stage for the k-th amount, one per seed. */
export function changesOf(
  { networks }: PoolingResults,
  pool: string,
  stage: number,
  kind: Kind,
  k: number,
): number[] {
  return networks
    .filter((network) => network.pool === pool)
    .map(({ stages }) => stages[stage][kind][k].change);
}

/** The rows of the table of docs/lecture/pooling.md. */
export function poolingTable(results: PoolingResults): string[] {
  const brief = (values: readonly number[], digits: number) => {
    const { mean, standardError = NaN } = estimate(values);
    return `${mean.toFixed(digits)} ± ${standardError.toFixed(digits)}`;
  };
  return POOLS.map((pool) => {
    const own = results.networks.filter((network) => network.pool === pool);
    const stages = [0, 1, 2, 3].map((stage) => brief(changesOf(results, pool, stage, 'shift', 1), 2)); // prettier-ignore
    const cells = [
      brief(
        own.map(({ error }) => 100 * error),
        2,
      ),
      ...stages,
      brief(changesOf(results, pool, 2, 'rotation', 2), 2),
      brief(changesOf(results, pool, 2, 'scale', 4), 2),
    ];
    return `| ${pool} | ${cells.join(' | ')} |`;
  });
}

/** Draws the curves of the last stage: shift, rotation, and scale, side by side. */
export function drawPooling(results: PoolingResults): string {
  const axes: Readonly<Record<Kind, string>> = {
    shift: 'shift, pixels',
    rotation: 'rotation, degrees',
    scale: 'factor',
  };
  const drawn = (Object.keys(axes) as Kind[]).map((kind, k) => {
    const still = { amount: kind === 'scale' ? 1 : 0, change: 0 };
    const amounts = results.networks[0].stages[2][kind].map(({ amount }) => amount);
    const points = POOLS.flatMap((pool) =>
      [
        still,
        ...amounts.map((amount, i) => ({
          amount,
          change: estimate(changesOf(results, pool, 2, kind, i)).mean,
        })),
      ]
        .sort((a, b) => a.amount - b.amount)
        .map(({ amount, change }) => ({ x: amount, y: change, curve: pool })),
    );
    const ticks = [still.amount, ...amounts];
    const svg = chart(points, { x: axes[kind], y: 'change / change to another image', curves: POOLS, ticks }); // prettier-ignore
    return svg.replace('<svg ', `<svg x="${k * 410}" `);
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="1220" height="270" viewBox="0 0 1220 270">` +
    `<rect width="1220" height="270" fill="white"/>${drawn.join('')}</svg>\n`
  );
}
