import { writeFileSync } from 'node:fs';
import { BoxpropError, messageOf } from '../lib/errors.ts';
import { startPeer, type Peer } from './child.ts';
import { growth } from './growth.ts';
import { ADVICE, describeMachine } from './machine.ts';
import {
  disagreement,
  summarize,
  takeTurns,
  untrained,
  withRatios,
  type Missing,
  type Result,
} from './measure.ts';
import { describe } from './networks.ts';
import { readOptions, sizes, systems, type Options, type Size } from './options.ts';
import { report } from './report.ts';
import type { Setup, SystemName } from './system.ts';

/**
 * Times one training step of a network, or with `--inference` one forward pass, in boxprop and in
 * other systems, side by side in one run. Each system runs in its own process with each number of
 * threads, and the processes take turns. All start from the same weights and batch, and must
 * compute the same losses, or the same scores.
 */
const INSTALL: Partial<Record<SystemName, string>> = {
  'tfjs-layers': '@tensorflow/tfjs',
  convnetjs: 'convnetjs',
  'jax-js': '@jax-js/jax',
  'onnxruntime-node': 'onnxruntime-node --ignore-scripts',
  'onnxruntime-web': 'onnxruntime-web',
};

async function main(): Promise<void> {
  const options = readOptions(process.argv);
  const machine = describeMachine();
  const quiet = options.json === '-';
  const results: Result[] = [];
  const missing: Missing[] = [];
  if (!quiet) {
    console.log(`medians of ${options.rounds} turns of ${options.steps} steps; ${machine}`);
    console.log(ADVICE);
  }
  for (const size of sizes(options)) {
    const measured = await measure(size, options);
    results.push(...measured.results);
    missing.push(...measured.missing);
    if (!quiet && !options.grow) console.log(report(measured.results, measured.missing));
  }
  if (!quiet && options.grow) console.log(growth(results, missing));
  const text = `${JSON.stringify({ machine, results, missing }, null, 1)}\n`;
  if (quiet) process.stdout.write(text);
  else if (options.json !== undefined) writeFileSync(options.json, text);
}

async function measure(size: Size, options: Options) {
  const missing: Missing[] = [];
  const miss = ({ system, backend, network, threads }: Setup, reason: string) =>
    missing.push({ network, system, backend, ...(threads && { threads }), reason });
  const peers: Peer[] = [];
  const stop = async (peer: Peer, reason: string) => {
    miss(peer.setup, reason);
    await peer.close();
  };
  const { parameters } = describe(size.network, size.side);
  for (const named of systems(options)) {
    const setup: Setup = { ...size, ...named };
    try {
      const peer = await startPeer(setup, options.limit);
      const wrong = disagreement(peer, peers[0] ?? peer, parameters);
      if (wrong === undefined) peers.push(peer);
      else await stop(peer, wrong);
    } catch (error) {
      miss(setup, reasonOf(error, setup.system));
    }
  }
  const taken = await takeTurns(peers, options, (peer, error) =>
    miss(peer.setup, reasonOf(error, peer.setup.system)),
  );
  const summaries = [];
  for (const [peer, turns] of taken) {
    const wrong = untrained(peer, turns);
    if (wrong === undefined) {
      summaries.push(summarize(peer, turns));
      await peer.close();
    } else await stop(peer, wrong);
  }
  return { results: withRatios(summaries), missing };
}

function reasonOf(error: unknown, system?: SystemName): string {
  const message = messageOf(error);
  const name = system && INSTALL[system];
  if (system === 'pytorch' && message.includes('ENOENT')) {
    return `${message}: PYTHON names a Python with torch; pip install torch==2.13.0`;
  }
  const absent = name !== undefined && /Cannot find (package|module)/.test(message);
  return absent ? `is not installed: npm install ${name}` : message;
}

try {
  await main();
} catch (error) {
  const code = error instanceof Error && 'exitCode' in error ? error.exitCode : 1;
  if (code !== 0) {
    const known = error instanceof BoxpropError || (error instanceof Error && 'exitCode' in error);
    console.error(known ? `bench: ${error.message.replace(/^error: /, '')}` : error);
    process.exitCode = 1;
  }
}
