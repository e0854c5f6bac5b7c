import { cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import { Command } from 'commander';
import { boxprop } from './boxprop.ts';
import { pytorch } from './pytorch.ts';
import type { Peer, Times } from './peer.ts';

/**
 * One training step of LeNet (Caffe's) in boxprop and in PyTorch, side by side: the systems take turns, round by
 * round, so that a machine that slows down slows all of them, and medians are compared. On a shared machine the
 * ratios mean something, the milliseconds little.
 */
const { batch, rounds, steps, json } = new Command('bench')
  .option('--batch <n>', 'images a step', Number, 64)
  .option('--rounds <n>', 'turns of each system', Number, 7)
  .option('--steps <n>', 'steps a turn', Number, 10)
  .option('--json <file>', 'write the results as JSON, - for standard output')
  .parse()
  .opts<{ batch: number; rounds: number; steps: number; json?: string }>();

const reference = await pytorch(batch);
if (reference === undefined) {
  console.error(
    'PyTorch is not compared: pip install torch==2.13.0 (PYTHON names another interpreter than python3)',
  );
}
const peers: Peer[] = [...(reference ? [reference] : []), await boxprop('wasm', batch)];

const measured = new Map<Peer, Times[]>(peers.map((peer) => [peer, []]));
for (let round = 0; round < rounds; round++) {
  for (const peer of peers) measured.get(peer)?.push(await peer.round(steps));
}
peers.forEach((peer) => peer.close());

const results = peers.map((peer) => {
  const times = measured.get(peer) ?? [];
  const ms = (part: keyof Times) => median(times.flatMap((round) => round[part]));
  return {
    network: 'lenet',
    batch,
    system: peer.system,
    backend: peer.backend,
    step_ms: ms('step'),
    forward_ms: ms('forward'),
    backward_ms: ms('backward'),
    update_ms: ms('update'),
  };
});

const machine = `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`;
const text = `${JSON.stringify({ machine, results }, null, 1)}\n`;
if (json === '-') process.stdout.write(text);
else {
  if (json !== undefined) writeFileSync(json, text);
  const table = new Table({
    head: ['lenet', 'backend', 'step ms', 'forward', 'backward', 'update', 'ratio'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const r of results) {
    const parts = [r.step_ms, r.forward_ms, r.backward_ms, r.update_ms].map((ms) => ms.toFixed(1));
    table.push([r.system, r.backend, ...parts, (r.step_ms / results[0].step_ms).toFixed(2)]);
  }
  console.log(
    `batch ${batch}, median of ${rounds} x ${steps} steps in turns; ${machine}\n${table.toString()}`,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
