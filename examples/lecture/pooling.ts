import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Rng, useBackend } from 'boxprop';
import { loadWeights } from 'boxprop/formats';
import { invariance, type BoxInvariance, type Change } from 'boxprop/inspect';
import { loadMnist } from 'boxprop/node';
import { drawPooling, POOLS, type PoolingResults } from './poolingChart.ts';
import { network } from './poolingNetwork.ts';

// "Role of pooling", docs/lecture/pooling.md: trains the four networks with two seeds, one epoch
// of MNIST each, and measures their invariance on 100 test images. It writes docs/lecture/pooling.json
// and pooling.svg; runs that exist in runs/pooling are not trained again.
const [SEEDS, EXAMPLES] = [[0, 1], 100];
const folder = process.argv[2] ?? 'runs/pooling';

/** Trains by the command that a reader would call. */
function train(pool: string, seed: number, out: string): void {
  if (existsSync(`${out}/weights.safetensors`)) return;
  const settings = `--architecture pool=${pool} --seed ${seed} --epochs 1 --backend wasm`;
  const { status } = spawnSync(
    'npm',
    ['run', '-s', 'boxprop', '--', 'train', 'examples/lecture/poolingNetwork.ts', '--no-report', ...settings.split(' '), '--out', out], // prettier-ignore
    { stdio: 'inherit', timeout: 3_600_000 },
  );
  if (status !== 0) throw new Error(`the training of ${out} failed`);
}

/** The test error after the last epoch. Nothing was chosen by it. */
function errorOf(out: string): number {
  const lines = readFileSync(`${out}/log.jsonl`, 'utf8').trim().split('\n');
  const [epoch] = lines.filter((line) => line.startsWith('{"type":"epoch"')).slice(-1);
  const { validation } = JSON.parse(epoch) as { validation: { errorRate: number } };
  return validation.errorRate;
}

/** The last box of each stage: that before the next convolution, and the scores. */
function stagesOf(boxes: readonly BoxInvariance[]): BoxInvariance[] {
  const starts = boxes.flatMap(({ box }, k) => (/Conv2D|Linear/.test(box) ? [k] : []));
  return [...starts.slice(1).map((k) => boxes[k - 1]), boxes[boxes.length - 1]];
}

await useBackend('wasm');
mkdirSync(folder, { recursive: true });
const { test } = await loadMnist();
const results: PoolingResults = { examples: EXAMPLES, seeds: SEEDS.length, networks: [] };
for (const pool of POOLS) {
  for (const seed of SEEDS) {
    const out = `${folder}/${pool}-${seed}`;
    train(pool, seed, out);
    const net = network({ rng: new Rng(seed), pool });
    await loadWeights(readFileSync(`${out}/weights.safetensors`), net.params);
    const boxes = await invariance(net, test, { examples: EXAMPLES, batchSize: 50 });
    net.dispose();
    const stages = stagesOf(boxes).map(({ shift, rotation, scale, other }) => {
      const ofOther = (changes: readonly Change[]) =>
        changes.map(({ amount, change }) => ({ amount, change: round(change / other) }));
      return { shift: ofOther(shift), rotation: ofOther(rotation), scale: ofOther(scale) };
    });
    results.networks.push({ pool, seed, error: errorOf(out), stages });
    console.log(`${pool}, seed ${seed}: error ${(100 * errorOf(out)).toFixed(2)} %`);
  }
}
writeFileSync('docs/lecture/pooling.json', `${JSON.stringify(results)}\n`);
writeFileSync('docs/lecture/pooling.svg', drawPooling(results));

function round(value: number): number {
  return Number(value.toFixed(4));
}
