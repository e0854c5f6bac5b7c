import { estimate, median } from '../../lib/estimate.ts';
import { chart } from '../../report/charts.ts';
import { tiles, type Picture } from '../../report/pictures.ts';
import type { Transfer } from '../../cli/transferAttack.ts';
import type { Attacked } from './foolingAttacks.ts';
import type { Kind } from './foolingNetwork.ts';

/** The ways to make images that no person recognizes. */
export const METHODS = ['gradient', 'direct', 'cppn'] as const;

/** The name of such a way. */
export type Method = (typeof METHODS)[number];

/** The networks between which images are transferred. */
export const TRANSFERRED = ['linear', 'fc100', 'fc200', 'lenet'] as const satisfies readonly Kind[];

/** The measurements of one trained network. */
export interface FooledNetwork {
  readonly kind: Kind;
  readonly seed: number;
  /** The epoch whose weights were chosen by the validation images. */
  readonly epoch: number;
  /** The time of the processor in training, in seconds. */
  readonly seconds: number;
  readonly clean: Attacked;
  readonly sign: Attacked;
  readonly iterated: Attacked;
  /** The errors on the images of fast gradient sign that were made for LeNet, usually trained. */
  readonly fromLenet: Attacked;
  /** For images from noise: the confidence of each class, and the median after each generation. */
  readonly made?: Readonly<
    Record<Method, { readonly confidences: readonly number[]; readonly medians: readonly number[] }>
  >;
}

/** The content of docs/lecture/fooling.json. */
export interface FoolingResults {
  readonly seeds: number;
  readonly networks: readonly FooledNetwork[];
  /** The results of `boxprop transfer --method closest`, for one seed or more. */
  readonly transfers: readonly Pick<Transfer, 'images' | 'rows'>[];
  /** The images of LeNet and seed 0, one byte per pixel, in base 64. */
  readonly images: Readonly<Record<Method, string>>;
}

/** Formats the mean of several values and, unless there is only one, its standard error. */
export function brief(values: readonly number[], digits = 2): string {
  const { mean, standardError } = estimate(values);
  if (standardError === undefined) return mean.toFixed(digits);
  return `${mean.toFixed(digits)} ± ${standardError.toFixed(digits)}`;
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

const of = ({ networks }: FoolingResults, kind: Kind) =>
  networks.filter((network) => network.kind === kind);

const percent = ({ errorRate }: Attacked) => 100 * errorRate;

/** The table of the defence: LeNet with the usual and with adversarial training. */
export function defenceTable(results: FoolingResults): string[] {
  return (['lenet', 'adversarial'] as const).map((kind) => {
    const all = of(results, kind);
    return row([
      kind === 'lenet' ? 'usual' : 'adversarial',
      brief(all.map(({ clean }) => percent(clean))),
      brief(all.map(({ sign }) => percent(sign))),
      brief(all.map(({ iterated }) => percent(iterated))),
      brief(all.map(({ fromLenet }) => percent(fromLenet))),
      brief(all.map(({ sign }) => 100 * sign.confidence)),
      brief(all.map(({ seconds }) => seconds), 0), // prettier-ignore
    ]);
  });
}

/** The table of fast gradient sign: the errors of the networks with the usual training. */
export function signTable(results: FoolingResults): string[] {
  return TRANSFERRED.map((kind) => {
    const all = of(results, kind);
    return row([
      kind,
      brief(all.map(({ clean }) => percent(clean))),
      brief(all.map(({ sign }) => percent(sign))),
      brief(all.map(({ sign }) => 100 * sign.confidence)),
      brief(all.map(({ fromLenet }) => percent(fromLenet))),
    ]);
  });
}

/** The table of transfer: a row for each network for which images were made. */
export function transferTable({ transfers }: FoolingResults): string[] {
  return transfers[0].rows.map(({ madeFor }, k) => {
    const rows = transfers.map(({ rows }) => rows[k]);
    return row([
      madeFor === null ? '(unchanged)' : TRANSFERRED[madeFor],
      ...TRANSFERRED.map((_, j) => brief(rows.map(({ errorRates }) => 100 * errorRates[j]), 0)), // prettier-ignore
      brief(rows.map(({ distortion }) => distortion), 3), // prettier-ignore
    ]);
  });
}

/** The table of images from noise: the median confidence of the ten classes. */
export function madeTable(results: FoolingResults): string[] {
  const medianAfter = (all: readonly FooledNetwork[], method: Method, generation: number) =>
    brief(all.map(({ made }) => 100 * (made?.[method].medians[generation] ?? NaN)));
  return (['lenet', 'adversarial'] as const).flatMap((kind) => {
    const all = of(results, kind);
    const confidences = (method: Method) => all.map(({ made }) => made?.[method].confidences ?? []);
    return METHODS.map((method) =>
      row([
        kind,
        method,
        ...(method === 'gradient' ? ['', '', ''] : [0, 10, 50].map((g) => medianAfter(all, method, g))), // prettier-ignore
        brief(confidences(method).map((each) => 100 * median(each))),
        brief(confidences(method).map((each) => each.filter((c) => c >= 0.9999).length), 1), // prettier-ignore
      ]),
    );
  });
}

/** Draws the images of LeNet: a row per method, a column per class. */
export function drawImages({ images }: FoolingResults): Uint8Array {
  const pictures = METHODS.flatMap((method): Picture[] => {
    const bytes = Buffer.from(images[method], 'base64');
    return Array.from({ length: 10 }, (_, k) => ({
      height: 28,
      width: 28,
      channels: 1,
      values: Float32Array.from(bytes.subarray(k * 784, (k + 1) * 784), (byte) => byte / 255),
    }));
  });
  return tiles(pictures, 10, [0, 1]).png;
}

/** Draws the median confidence over the generations. */
export function drawGenerations(results: FoolingResults): string {
  const curves: string[] = [];
  const points = (['lenet', 'adversarial'] as const).flatMap((kind) =>
    (['direct', 'cppn'] as const).flatMap((method) => {
      const curve = `${kind}, ${method}`;
      curves.push(curve);
      const medians = of(results, kind).map(({ made }) => made?.[method].medians ?? []);
      return medians[0].map((_, x) => ({ x, y: estimate(medians.map((each) => each[x])).mean, curve })); // prettier-ignore
    }),
  );
  return chart(points, { x: 'generation', y: 'median confidence', curves });
}
