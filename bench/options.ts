import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { choiceOption, integerOption } from '../cli/options.ts';
import type { SimdChoice } from '../lib/kernels/simd/choice.ts';
import { InputError } from '../lib/errors.ts';
import { describe, type NetworkName } from './networks.ts';
import { CHANNELS_LAST, type Setup } from './system.ts';

const SIMD = ['plain', 'relaxed', 'none'] as const satisfies readonly SimdChoice[];
const BACKENDS = [
  'cpu',
  'wasm',
  'tensorflow',
  'tensorflow-gpu',
  'webgl',
  'webgpu',
  'webgpu-node',
] as const;
const PEERS = [
  'pytorch',
  'tfjs-layers',
  'convnetjs',
  'jax-js',
  'onnxruntime-node',
  'onnxruntime-web',
] as const;
type PeerName = (typeof PEERS)[number];
/** The networks, with the numbers of images of a training step, and of a forward pass. */
const NETWORKS = {
  lenet: { training: [64], inference: [64] },
  alexnet: { training: [16], inference: [16] },
  resnet20: { training: [32], inference: [32] },
  resnet50: { training: [4], inference: [1, 8] },
  vgg16: { training: [4], inference: [1, 8] },
} as const;

/** The peers that can train, and the peers that can run a forward pass. */
const TRAINING: readonly PeerName[] = ['pytorch', 'tfjs-layers', 'convnetjs', 'jax-js'];
const INFERENCE: readonly PeerName[] = ['pytorch', 'onnxruntime-node', 'onnxruntime-web'];

export interface Options {
  readonly network: readonly (keyof typeof NETWORKS)[];
  readonly backend: readonly string[];
  readonly peers?: readonly PeerName[] | 'all';
  readonly threads: readonly number[];
  readonly simd?: readonly SimdChoice[];
  readonly eager?: boolean;
  readonly inference?: boolean;
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
const peerList = (text: string): Options['peers'] => {
  if (text === 'all') return 'all';
  return text === 'none' ? [] : list('--peers', PEERS)(text);
};
const threadList = (text: string) => text.split(',').map(integerOption('--threads', 1));
const oneAndTwo = [1, 2].filter((threads) => threads <= availableParallelism());
const atLeastOne = (flag: string) => integerOption(flag, 1);

const program = new Command('bench')
  .description('one step of a network in boxprop and in other systems, side by side')
  .option(
    '--network <names>',
    Object.keys(NETWORKS).join(', '),
    list('--network', Object.keys(NETWORKS)),
    ['lenet', 'resnet20'],
  )
  .option('--backend <names>', BACKENDS.join(', '), list('--backend', BACKENDS), [
    'wasm',
    'tensorflow',
  ])
  .option('--peers <names>', `${PEERS.join(', ')}, all or none`, peerList)
  .option('--inference', 'a forward pass in inference, not a training step')
  .option(
    '--threads <list>',
    'numbers of threads, for systems that have threads',
    threadList,
    oneAndTwo,
  )
  .option('--simd <names>', `wasm: ${SIMD.join(', ')}`, list('--simd', SIMD))
  .option('--eager', 'tensorflow: also measure boxprop without graphs')
  .option(
    '--batch <n>',
    'images a step; by default as many as the network is measured with',
    atLeastOne('--batch'),
  )
  .option('--rounds <n>', 'turns of each system', atLeastOne('--rounds'), 7)
  .option('--steps <n>', 'steps per turn; a slow system runs fewer', atLeastOne('--steps'), 10)
  .option('--limit <s>', 'seconds that a system may take to start', atLeastOne('--limit'), 180)
  .option('--grow', "how the time grows with the batch and the image: LeNet's convolutions")
  .option('--json <file>', 'write the results as JSON, - for standard output')
  .exitOverride()
  .configureOutput({ outputError() {} });

/**
 * Reads the command line.
 *
 * Errors: an unknown option or value; a peer that has no step of the requested kind.
 */
export function readOptions(argv: readonly string[]): Options {
  const options = program.parse(argv).opts<Options>();
  if (options.peers !== 'all') {
    const known = options.inference ? INFERENCE : TRAINING;
    const other = options.peers?.find((peer) => !known.includes(peer));
    if (other !== undefined) {
      const where = options.inference ? 'with --inference' : 'without --inference';
      throw new InputError(`--peers: expected one of ${known.join(', ')} ${where}, got "${other}"`);
    }
  }
  return options;
}

/** A network with the sizes of its batch and images. */
export interface Size {
  readonly network: NetworkName;
  readonly batch: number;
  readonly side: number;
}

export function sizes({ network, batch, grow, inference }: Options): Size[] {
  if (!grow) {
    return network.flatMap((name) => {
      const usual = NETWORKS[name][inference ? 'inference' : 'training'];
      const batches = batch === undefined ? usual : [batch];
      return batches.map((images) => ({
        network: name,
        batch: images,
        side: describe(name).input[0],
      }));
    });
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

type Named = Omit<Setup, keyof Size>;

/**
 * Returns the systems to measure, each with each number of threads. PyTorch comes first, because
 * every ratio is to the first system with as many threads.
 */
export function systems({ backend, grow, inference = false, ...options }: Options): Named[] {
  const { threads, simd } = options;
  const known = inference ? INFERENCE : TRAINING;
  const peers = options.peers ?? (grow ? ['pytorch'] : known);
  const pair = (system: Setup['system'], on: string): Named[] =>
    system === 'boxprop' || (known.includes(system) && (peers === 'all' || peers.includes(system)))
      ? [{ system, backend: on, inference }]
      : [];
  const threaded = (setups: readonly Named[]) =>
    setups.flatMap((setup) => threads.map((number): Named => ({ ...setup, threads: number })));
  const onBackend = (name: string): Named[] => {
    const own = pair('boxprop', name).flatMap((setup) =>
      name === 'wasm' && simd ? simd.map((kind): Named => ({ ...setup, simd: kind })) : [setup],
    );
    if (name === 'tensorflow' && options.eager)
      own.push(...own.map((setup): Named => ({ ...setup, compile: false })));
    const both = [...own, ...pair('tfjs-layers', name)];
    return name === 'wasm' || name === 'tensorflow' ? threaded(both) : both;
  };
  return [
    ...threaded(['cpu', CHANNELS_LAST].flatMap((layout) => pair('pytorch', layout))),
    ...backend.flatMap(onBackend),
    ...threaded(pair('onnxruntime-node', 'cpu')),
    ...threaded(pair('onnxruntime-web', 'wasm')),
    ...pair('convnetjs', 'JavaScript'),
    ...pair('jax-js', 'wasm'),
  ];
}
