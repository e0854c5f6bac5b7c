import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command } from 'commander';
import { choiceOption, integerOption } from '../cli/options.ts';
import { BoxpropError, messageOf } from '../lib/errors.ts';
import { startPeer, type Peer } from './child.ts';
import {
  disagreement,
  summarize,
  takeTurns,
  untrained,
  withRatios,
  type Missing,
  type Result,
} from './measure.ts';
import { describe, type NetworkName } from './networks.ts';
import { growth, report } from './report.ts';
import { CHANNELS_LAST, type Setup, type SystemName } from './system.ts';

/**
 * Times one training step of a network in boxprop and in other systems, side by side in one run.
 * Each system runs in its own process, and the processes take turns. All start from the same
 * weights and batch, and must compute the same losses. On a shared machine, trust the ratios, not
 * the milliseconds.
 */
const BACKENDS = [
  'cpu',
  'wasm',
  'tensorflow',
  'tensorflow-gpu',
  'webgl',
  'webgpu',
  'webgpu-node',
] as const;
const PEERS = ['pytorch', 'tfjs-layers', 'convnetjs', 'jax-js'] as const;
const NETWORKS = { lenet: 64, alexnet: 16, resnet20: 32 } as const;
const INSTALL: Partial<Record<SystemName, string>> = {
  'tfjs-layers': '@tensorflow/tfjs',
  convnetjs: 'convnetjs',
  'jax-js': '@jax-js/jax',
};

interface Options {
  readonly network: readonly (keyof typeof NETWORKS)[];
  readonly backend: readonly string[];
  readonly peers?: readonly (typeof PEERS)[number][];
  readonly batch?: number;
  readonly rounds: number;
  readonly steps: number;
  readonly limit: number;
  readonly grow?: boolean;
  readonly json?: string;
}

const list = <T extends string>(flag: string, choices: readonly T[]) => {
  const choose = choiceOption(flag, choices);
  return (text: string) => text.split(',').map(choose);
};
const peerList = (text: string) =>
  ({ all: [...PEERS], none: [] })[text] ?? list('--peers', PEERS)(text);
const program = new Command('bench')
  .description('one training step in boxprop and in other systems, side by side')
  .option(
    '--network <names>',
    'lenet, alexnet, resnet20',
    list('--network', Object.keys(NETWORKS)),
    ['lenet'],
  )
  .option('--backend <names>', BACKENDS.join(', '), list('--backend', BACKENDS), [
    'wasm',
    'tensorflow',
  ])
  .option('--peers <names>', `${PEERS.join(', ')}, all or none`, peerList)
  .option('--batch <n>', 'images a step; 64, 16 and 32 by default', integerOption('--batch', 1))
  .option('--rounds <n>', 'turns of each system', integerOption('--rounds', 1), 7)
  .option('--steps <n>', 'steps a turn, fewer for what is slow', integerOption('--steps', 1), 10)
  .option(
    '--limit <s>',
    'seconds that a system may take to start',
    integerOption('--limit', 1),
    180,
  )
  .option('--grow', "how the time grows with the batch and the image: LeNet's convolutions")
  .option('--json <file>', 'write the results as JSON, - for standard output')
  .exitOverride()
  .configureOutput({ outputError() {} });

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const machine = `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`;
  const quiet = options.json === '-';
  const results: Result[] = [];
  const missing: Missing[] = [];
  if (!quiet)
    console.log(`medians of ${options.rounds} turns of ${options.steps} steps; ${machine}`);
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

interface Size {
  readonly network: NetworkName;
  readonly batch: number;
  readonly side: number;
}

function sizes({ network, batch, grow }: Options): Size[] {
  if (!grow) {
    return network.map((name) => ({
      network: name,
      batch: batch ?? NETWORKS[name],
      side: describe(name).input[0],
    }));
  }
  const grown = (size: { batch?: number; side?: number }): Size => ({
    network: 'convnet',
    batch: 16,
    side: 32,
    ...size,
  });
  return [
    ...[16, 32, 64, 128, 256].map((batch) => grown({ batch })),
    ...[48, 64, 96, 128].map((side) => grown({ side })),
  ];
}

/**
 * Returns the systems to measure. PyTorch comes first, because every ratio is to the first system.
 */
function systems({ backend, grow, peers = grow ? ['pytorch'] : PEERS }: Options) {
  const has = (name: SystemName) => peers.some((peer) => peer === name);
  const pair = (system: SystemName, on: string) => ({ system, backend: on });
  return [
    ...(has('pytorch') ? ['cpu', CHANNELS_LAST].map((layout) => pair('pytorch', layout)) : []),
    ...backend.flatMap((name) => [
      pair('boxprop', name),
      ...(has('tfjs-layers') ? [pair('tfjs-layers', name)] : []),
    ]),
    ...(has('convnetjs') ? [pair('convnetjs', 'JavaScript')] : []),
    ...(has('jax-js') ? [pair('jax-js', 'wasm')] : []),
  ];
}

async function measure(size: Size, options: Options) {
  const missing: Missing[] = [];
  const miss = ({ system, backend, network }: Setup, reason: string) =>
    missing.push({ network, system, backend, reason });
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
