import { Command } from 'commander';
import { choiceOption, integerOption } from '../cli/options.ts';
import { describeMachine } from './machine.ts';
import { describe } from './networks.ts';
import { timeRanks } from './timeRanks.ts';

/**
 * Predicts the time of a training step on many machines by a model that is fitted to measurements
 * on this one:
 *
 *   T(R) = a + b n + c g + 2 (R − 1)/R g/w + 2 ⌈log₂ R⌉ l
 *
 * where R is the number of ranks, n the images per rank, g the bytes of the gradients, w the
 * bandwidth and l the latency of the network. The fixed time a and the time per image b come from
 * one rank with two batch sizes. The time c of copying a byte comes from two ranks here, of which
 * the model predicts the step with the batch that was not used. The exchange is not assumed to
 * overlap the backward pass, because MPI libraries make progress only while they are called.
 *
 *   npm run -s bench:scaling -- --network alexnet --batch 16
 */
interface Options {
  readonly network: 'alexnet' | 'resnet50';
  readonly batch: number;
  readonly steps: number;
  readonly rounds: number;
}

const { network, batch, steps, rounds } = new Command('bench:scaling')
  .description('the time of a step on many ranks, by a model that is fitted here')
  .option(
    '--network <name>',
    'alexnet, resnet50',
    choiceOption('--network', ['alexnet', 'resnet50']),
    'resnet50',
  )
  .option('--batch <n>', 'images per rank', integerOption('--batch', 2), 4)
  .option('--steps <n>', 'steps of a turn', integerOption('--steps', 1), 4)
  .option('--rounds <n>', 'turns', integerOption('--rounds', 1), 3)
  .parse(process.argv)
  .opts<Options>();

/** Returns the least time of a step in milliseconds, over all rounds. */
function measure(ranks: number, images: number): number {
  const turn = { network, batch: ranks * images, backend: 'tensorflow', steps };
  return Math.min(...Array.from({ length: rounds }, () => timeRanks(ranks, turn).step));
}

const bytes = 4 * describe(network).parameters;
const half = Math.floor(batch / 2);
const [small, large] = [measure(1, half), measure(1, batch)];
const perImage = (large - small) / (batch - half);
const fixed = large - perImage * batch;
const copy = measure(2, half) - small;
const predicted = fixed + perImage * batch + copy;
const measured = measure(2, batch);

console.log(`${network}, tensorflow, one thread per rank; ${describeMachine()}`);
console.log(
  `${fixed.toFixed(0)} ms + ${perImage.toFixed(1)} ms per image; ` +
    `${(bytes / 1e6).toFixed(0)} MB of gradients, copied and summed here in ${copy.toFixed(0)} ms`,
);
const error = (100 * (predicted - measured)) / measured;
console.log(
  `2 ranks of ${batch} images: predicted ${predicted.toFixed(0)} ms, measured ${measured.toFixed(0)} ms ` +
    `(${error > 0 ? '+' : ''}${error.toFixed(1)} %)`,
);
console.log('\n| ranks | 10 Gb/s, 20 µs | 100 Gb/s, 2 µs |\n| --- | --- | --- |');
for (const ranks of [8, 32, 128, 512]) {
  const cells = (
    [
      [10, 20],
      [100, 2],
    ] as const
  ).map(([gigabits, microseconds]) => {
    const wire = (2 * (ranks - 1) * bytes * 8) / (ranks * gigabits * 1e6);
    const latency = (2 * Math.ceil(Math.log2(ranks)) * microseconds) / 1000;
    const time = fixed + perImage * batch + copy + wire + latency;
    const efficiency = large / time;
    return `${time.toFixed(0)} ms, ${(ranks * efficiency).toFixed(0)} x one rank (${(100 * efficiency).toFixed(0)} %)`;
  });
  console.log(`| ${ranks} | ${cells.join(' | ')} |`);
}
