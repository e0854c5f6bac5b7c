/**
 * Makes the figures of docs/lecture/compare.md and docs/lecture/probe.md, and the numbers in them.
 *
 *   node --conditions=boxprop-source --import tsx examples/lecture/representations.ts runs/lecture
 *
 * It trains LeNet and LeNet-5 on MNIST with three seeds, two epochs each, compares and probes them,
 * writes docs/lecture/representations.json and the SVG files, and prints the tables. A run that is already in the
 * folder is not trained again. It takes about 25 minutes on two cores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Comparison, ProbeResult } from '../../inspect/index.ts';
import { boxLabel, nearestBoxes } from '../../report/comparePage.ts';
import {
  drawFigures,
  formatTables,
  measuredOf,
  type MeanComparison,
  type MeanProbe,
  type Representations,
} from './representationFigures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = [0, 1, 2];
const LENET5 = '--architecture form=common --preprocess pad:2,standardize --learning-rate 0.05 --batch-size 64'; // prettier-ignore
const TRAININGS: Readonly<Record<string, string>> = { lenet: '', lenet5: LENET5 };

const [folder = 'runs/lecture'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const at = (...names: string[]) => join(folder, ...names);

/** Runs a command of boxprop, and returns how long it took in seconds. */
function boxprop(...args: string[]): number {
  const start = performance.now();
  const node = ['--conditions=boxprop-source', '--import', 'tsx', join(ROOT, 'cli/main.ts')];
  const limits = { stdio: 'inherit', timeout: 3_600_000 } as const;
  const { status } = spawnSync(process.execPath, [...node, ...args], limits);
  if (status !== 0) throw new Error(`boxprop ${args.join(' ')} failed`);
  return Math.round((performance.now() - start) / 1000);
}

/** Runs a command that writes a page and JSON, and returns the JSON. */
function measured(name: string, ...args: string[]): unknown {
  const json = at(`${name}.json`);
  if (!existsSync(json)) boxprop(...args, '--backend', 'wasm', '--out', at(`${name}.html`), '--json', json); // prettier-ignore
  return JSON.parse(readFileSync(json, 'utf8'));
}

for (const [network, options] of Object.entries(TRAININGS)) {
  for (const seed of SEEDS) {
    const run = at(`${network}-${seed}`);
    if (existsSync(join(run, 'weights.safetensors'))) continue;
    const more = options === '' ? [] : options.split(' ');
    boxprop('train', network, ...more, '--epochs', '2', '--seed', String(seed), '--backend', 'wasm', '--threads', '1', '--no-report', '--out', run); // prettier-ignore
  }
}
const lenet = (seed: number) => at(`lenet-${seed}`);
const lenet5 = (seed: number) => at(`lenet5-${seed}`);
const random = (seed: number) => ['lenet', '--seed', String(seed + 10)];
const PAIRS = [[0, 1], [0, 2], [1, 2]] as const; // prettier-ignore

const representations: Representations = {
  compare: {
    seeds: meanComparison(PAIRS.map(([a, b]) => compared(`seeds-${a}-${b}`, lenet(a), lenet(b)))),
    architectures: meanComparison(SEEDS.map((seed) => compared(`architectures-${seed}`, lenet(seed), lenet5(seed)))), // prettier-ignore
    random: meanComparison(SEEDS.map((seed) => compared(`random-${seed}`, lenet(seed), ...random(seed)))), // prettier-ignore
  },
  probe: {
    trained: meanProbe(SEEDS.map((seed) => probed(`probe-${seed}`, lenet(seed)))),
    random: meanProbe(SEEDS.map((seed) => probed(`probe-random-${seed}`, ...random(seed)))),
  },
};
const docs = join(ROOT, 'docs/lecture');
writeFileSync(join(docs, 'representations.json'), `${JSON.stringify(representations)}\n`);
for (const [name, svg] of Object.entries(drawFigures(representations)))
  writeFileSync(join(docs, name), `${svg}\n`);
process.stdout.write(`${formatTables(representations).join('\n\n')}\n`);

/** Compares two networks. */
function compared(name: string, ...words: string[]): Comparison {
  return measured(name, 'compare', ...words) as Comparison;
}

/** Probes a network. */
function probed(name: string, ...words: string[]): ProbeResult & { readonly ownErrorRate: number } {
  return measured(name, 'probe', ...words) as ProbeResult & { readonly ownErrorRate: number };
}

function meanComparison(all: readonly Comparison[]): MeanComparison {
  const [{ a, b }] = all;
  const matrix = (of: (one: Comparison) => Comparison['cka']) =>
    a.map((_, i) => b.map((_, j) => measuredOf(all.map((one) => of(one)[i][j]))));
  const matched = all.map(nearestBoxes);
  return {
    a: a.map(boxLabel),
    b: b.map(boxLabel),
    cka: matrix(({ cka }) => cka),
    rsa: matrix(({ rsa }) => rsa),
    units: a.map((_, i) => measuredOf(matched.map((boxes) => boxes[i].correlation))),
  };
}

function meanProbe(all: readonly (ProbeResult & { readonly ownErrorRate: number })[]): MeanProbe {
  const [{ boxes }] = all;
  const errors = (of: (box: ProbeResult['boxes'][number]) => number) =>
    boxes.map((_, k) => measuredOf(all.map((one) => 100 * of(one.boxes[k]))));
  return {
    boxes: boxes.map(({ box }) => boxLabel(box)),
    linear: errors(({ linear }) => linear.errorRate),
    nearest: errors(({ nearest }) => nearest.errorRate),
    own: measuredOf(all.map(({ ownErrorRate }) => 100 * ownErrorRate)),
  };
}
