import { Command } from 'commander';
import { choiceOption, integerOption } from '../cli/options.ts';
import { describeMachine } from './machine.ts';
import { median } from './measure.ts';
import type { RankTime } from './rankStep.ts';
import { timeRanks } from './timeRanks.ts';

/**
 * Times the training steps of a network on one rank and on several ranks that share the batch, side
 * by side in one run. Each rank has one thread.
 *
 *   npm run -s bench:ranks -- --network lenet --batch 128 --backend tensorflow
 */
interface Options {
  readonly network: string;
  readonly batch: number;
  readonly backend: string;
  readonly ranks: number;
  readonly rounds: number;
  readonly steps: number;
}

const options = new Command('bench:ranks')
  .description('training steps on one rank and on several, side by side')
  .option(
    '--network <name>',
    'lenet, resnet20, alexnet',
    choiceOption('--network', ['lenet', 'resnet20', 'alexnet']),
    'lenet',
  )
  .option('--batch <n>', 'images of a step of all ranks', integerOption('--batch', 1), 128)
  .option(
    '--backend <name>',
    'tensorflow, wasm, cpu',
    choiceOption('--backend', ['tensorflow', 'wasm', 'cpu']),
    'tensorflow',
  )
  .option('--ranks <n>', 'number of ranks', integerOption('--ranks', 2), 2)
  .option('--rounds <n>', 'turns of each', integerOption('--rounds', 1), 5)
  .option('--steps <n>', 'steps of a turn', integerOption('--steps', 2), 40)
  .parse(process.argv)
  .opts<Options>();

const least = (values: readonly number[]) => Math.min(...values);

const one: RankTime[] = [];
const several: RankTime[] = [];
for (let round = 0; round < options.rounds; round++) {
  one.push(timeRanks(1, options));
  several.push(timeRanks(options.ranks, options));
}
const { network, batch, backend, ranks, rounds, steps } = options;
console.log(`${network}, batch ${batch}, ${backend}, one thread per rank; ${describeMachine()}`);
console.log(`${rounds} turns of ${steps} steps; ms per step, least and median of the turns`);
for (const [name, times] of [
  ['1 rank', one],
  [`${ranks} ranks`, several],
] as const) {
  const [wall, cpu, exchange] = (['step', 'cpu', 'exchange'] as const).map((key) =>
    times.map((time) => time[key]),
  );
  console.log(
    `${name}: ${least(wall).toFixed(1)} and ${median(wall).toFixed(1)} ms, ` +
      `CPU of rank 0 ${least(cpu).toFixed(1)} ms, exchange ${least(exchange).toFixed(1)} and ${median(exchange).toFixed(1)} ms`,
  );
}
const ratio = (pick: (values: readonly number[]) => number) =>
  (pick(one.map(({ step }) => step)) / pick(several.map(({ step }) => step))).toFixed(2);
console.log(`${ranks} ranks are ${ratio(least)} (least) and ${ratio(median)} (median) x as fast`);
const loss = Math.abs(one[0].loss - several[0].loss);
console.log(`the losses after ${steps} steps differ by ${loss.toExponential(1)}`);
