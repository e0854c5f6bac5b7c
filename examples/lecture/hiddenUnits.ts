import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  drawHidden,
  hiddenTable,
  KINDS,
  STATISTICS,
  type HiddenResults,
  type Statistic,
} from './hiddenFigures.ts';

// "Good and bad training", docs/lecture/good-and-bad-training.md: trains six kinds of networks with
// three seeds each, and reads the statistics of the hidden units from their logs. It writes
// docs/lecture/hidden.json and hidden.svg; runs that exist in runs/hidden are not trained again.
const SEEDS = [0, 1, 2];
const folder = process.argv[2] ?? 'runs/hidden';

/** Trains by the command that a reader would call. */
function train(kind: string, seed: number, out: string): void {
  if (existsSync(`${out}/report.html`)) return;
  const settings = `--architecture kind=${kind} --seed ${seed} --epochs 8 --limit 12000 --backend wasm --schedule constant`;
  const { status } = spawnSync(
    'npm',
    ['run', '-s', 'boxprop', '--', 'train', 'examples/lecture/hiddenNetwork.ts', ...settings.split(' '), '--out', out], // prettier-ignore
    { stdio: 'inherit', timeout: 3_600_000 },
  );
  if (status !== 0) throw new Error(`the training of ${out} failed`);
}

interface Epoch {
  readonly validation: { readonly errorRate: number };
  readonly hidden: readonly Readonly<Record<Statistic, number>>[];
}

mkdirSync(folder, { recursive: true });
const results: HiddenResults = { seeds: SEEDS.length, runs: [] };
for (const kind of KINDS) {
  for (const seed of SEEDS) {
    const out = `${folder}/${kind}-${seed}`;
    train(kind, seed, out);
    const lines = readFileSync(`${out}/log.jsonl`, 'utf8').trim().split('\n');
    const epochs = lines
      .filter((line) => line.startsWith('{"type":"epoch"'))
      .map((line) => JSON.parse(line) as Epoch);
    const last = epochs.map(({ hidden }) => {
      const [layer] = hidden.slice(-1);
      const entries = STATISTICS.map((name) => [name, Number(layer[name].toFixed(4))]);
      return Object.fromEntries(entries) as Record<Statistic, number>;
    });
    results.runs.push({ kind, seed, errors: epochs.map((one) => one.validation.errorRate), last });
  }
}
writeFileSync('docs/lecture/hidden.json', `${JSON.stringify(results)}\n`);
writeFileSync('docs/lecture/hidden.svg', drawHidden(results));
console.log(hiddenTable(results).join('\n'));
