import { tensor, tensor1d } from '@tensorflow/tfjs-core';
import { Rng, SGD, shareOf, SoftmaxCrossEntropy, useBackend, type BackendName } from 'boxprop';
import { joinGroup } from 'boxprop/node';
import { GradientExchange, stepCompiler, trainStep } from 'boxprop/train';
import { numElements } from '../lib/shapes.ts';
import { buildNetwork } from './boxpropNetwork.ts';
import * as networks from './networks.ts';

/** The times of rank 0, in milliseconds per step. */
export interface RankTime {
  readonly step: number;
  /** The processor time of all threads of rank 0. */
  readonly cpu: number;
  /** The time in which rank 0 copied gradients or waited for the other ranks. */
  readonly exchange: number;
  /** The loss of the last step. */
  readonly loss: number;
}

/** A program that `bench/ranks.ts` starts on each rank: NETWORK BATCH BACKEND STEPS */
const [network, batch, backend, steps] = process.argv.slice(2);
await useBackend(backend as BackendName, { threads: 1, log: () => undefined });
const group = await joinGroup();
const table = networks.describe(network as networks.NetworkName);
const { from, count } = shareOf(group, Number(batch));
const size = numElements(table.input);
const images = networks.images(table, Number(batch)).slice(from * size, (from + count) * size);
const input = tensor(images, [count, ...table.input]);
const labels = networks.labels(table, Number(batch)).slice(from, from + count);
const target = tensor1d(labels, 'int32');
const net = buildNetwork(table);
const optimizer = new SGD(net.params, { learningRate: table.learningRate, momentum: 0.9 });
const cost = new SoftmaxCrossEntropy();
const compiler = await stepCompiler();
const exchange = new GradientExchange(group, net);
const rng = new Rng(0);
let loss = 0;
const WARM_UP = 5;
let [started, cpu] = [0, process.cpuUsage()];
for (let step = -WARM_UP; step < Number(steps); step++) {
  if (step === 0) {
    exchange.takeSeconds();
    [started, cpu] = [performance.now(), process.cpuUsage()];
  }
  loss = await trainStep({
    network: net,
    cost,
    optimizer,
    input,
    target,
    rng: rng.fold(step + WARM_UP),
    compiler,
    ...(group.size > 1 && { exchange }),
  });
}
const wall = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
const perStep = (milliseconds: number) => milliseconds / Number(steps);
const result: RankTime = {
  step: perStep(wall),
  cpu: perStep((user + system) / 1000),
  exchange: perStep(1000 * exchange.takeSeconds()),
  loss,
};
if (group.rank === 0) process.stdout.write(`${JSON.stringify(result)}\n`);
group.leave();
