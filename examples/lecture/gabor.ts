/**
 * Makes the figures of docs/lecture/human-and-machine.md, and the numbers in it.
 *
 *   node --conditions=boxprop-source --import tsx examples/lecture/gabor.ts runs/gabor
 *
 * From each of three sets of random weights, it trains examples/lecture/largeFilters.ts twice on
 * MNIST for one epoch, with another order of the examples. It writes docs/lecture/gabor.json, the
 * SVG files and the PNG. A run that is already in the folder is not trained again. It takes about
 * three minutes on two cores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { weightNoise } from '../../inspect/gabor/weightNoise.ts';
import { networkOfWeights } from '../../cli/weightsFile.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { filtersInOrder } from '../../report/filters.ts';
import { readLog } from '../../train/runLog.ts';
import { gaborFigures, type TrainedPair } from './gaborFigures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NETWORK = join(ROOT, 'examples/lecture/largeFilters.ts');

const [folder = 'runs/gabor'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

/** Trains the network, unless the folder has the run, and returns the path of the run. */
function trained(name: string, ...options: string[]): string {
  const run = join(folder, name);
  if (existsSync(join(run, 'weights.safetensors'))) return run;
  const node = ['--conditions=boxprop-source', '--import', 'tsx', join(ROOT, 'cli/main.ts')];
  const fixed = ['--epochs', '1', '--backend', 'wasm', '--threads', '1', '--no-report'];
  const words = ['train', NETWORK, ...fixed, ...options, '--out', run];
  const limits = { stdio: 'inherit', timeout: 1_800_000 } as const;
  const { status } = spawnSync(process.execPath, [...node, ...words], limits);
  if (status !== 0) throw new Error(`boxprop ${words.join(' ')} failed`);
  return run;
}

async function filtersOf(run: string): Promise<number[][]> {
  const { network } = await networkOfWeights(join(run, 'checkpoint.safetensors'), NETWORK);
  const filters = await filtersInOrder(network);
  network.dispose();
  return filters.map(({ values }) => Array.from(values, (v) => Number(v.toPrecision(4))));
}

async function errorOf(run: string): Promise<number> {
  const log = await readLog(join(run, 'log.jsonl'));
  const { validation } = log.at(-1) as unknown as { validation: { errorRate: number } };
  return Number((100 * validation.errorRate).toFixed(2));
}

await useBackend('wasm');
const pairs: TrainedPair[] = [];
for (const seed of [0, 1, 2]) {
  // A single step on 64 examples leaves the random weights almost as they are.
  const start = trained(`start-${seed}`, '--limit', '64', '--seed', String(seed));
  const from = ['--from', join(start, 'weights.safetensors')];
  const runs = [10, 20].map((more) =>
    trained(`${seed}-${more}`, ...from, '--seed', String(more + seed)),
  );
  const [filters, others] = await Promise.all(runs.map(filtersOf));
  const noise = Number(weightNoise(filters.flat(), others.flat()).toPrecision(4));
  pairs.push({ seed, errors: await Promise.all(runs.map(errorOf)), noise, filters });
}
const { numbers, files } = await gaborFigures(pairs);
const docs = join(ROOT, 'docs/lecture');
const json = { numbers, pairs };
writeFileSync(join(docs, 'gabor.json'), `${JSON.stringify(json)}\n`);
for (const [name, content] of Object.entries(files)) writeFileSync(join(docs, name), content);
