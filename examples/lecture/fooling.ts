import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng, useBackend } from 'boxprop';
import { subset } from 'boxprop/data';
import { loadMnist, loadWeights, saveWeights } from 'boxprop/node';
import type { Transfer } from '../../cli/transferAttack.ts';
import { trainAdversarially } from './adversarialTraining.ts';
import { iterated, none, sign, underAttack } from './foolingAttacks.ts';
import {
  defenceTable,
  drawGenerations,
  drawImages,
  madeTable,
  METHODS,
  signTable,
  TRANSFERRED,
  transferTable,
  type FooledNetwork,
  type FoolingResults,
  type Method,
} from './foolingFigures.ts';
import { imagesFor, type MadeImages } from './foolingImages.ts';
import { KINDS, network as build, type Kind } from './foolingNetwork.ts';

// "Fooling Convnets", docs/lecture/fooling.md: trains five kinds of networks with two seeds each,
// attacks them, and makes images from noise. It writes docs/lecture/fooling.json, fooling.png and
// fooling.svg. Results that are in the folder already, runs/fooling by default, are kept.
const [SEEDS, EPSILON, EPOCHS] = [[0, 2], 0.25, 8];
const ITERATED = iterated(EPSILON, { steps: 20, stepSize: EPSILON / 10 });
const FILE = 'examples/lecture/foolingNetwork.ts';
const folder = process.argv[2] ?? 'runs/fooling';
const weightsOf = (kind: Kind, seed: number) => join(folder, `${kind}-${seed}.safetensors`);
mkdirSync(folder, { recursive: true });
await useBackend('wasm', { threads: 1 });
const mnist = await loadMnist();
const part = (data: typeof mnist.train, from: number, to: number) =>
  subset(
    data,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
const train = part(mnist.train, 0, 10_000);
const validation = part(mnist.train, 55_000, 60_000);
const few = part(mnist.test, 0, 1000);

const networks: FooledNetwork[] = [];
for (const seed of SEEDS) {
  const trainings = new Map<Kind, Training>();
  for (const kind of KINDS)
    trainings.set(kind, await kept(`training-${kind}-${seed}`, () => trained(kind, seed)));
  for (const [kind, training] of trainings)
    networks.push(await kept(`${kind}-${seed}`, () => measured(kind, seed, training)));
}
// The search for the closest images takes minutes, so it runs for the first seed only.
const transfers = [await kept('transfer-0', () => transferred(SEEDS[0]))];
const shown = await kept('images-lenet-0', async () => {
  const made = await imagesFor(await load('lenet', 0), 0);
  return each((method) => ({ bytes: base64(made[method].bytes) }));
});
const images = each((method) => shown[method].bytes);
const results: FoolingResults = { seeds: SEEDS.length, networks, transfers, images };
writeFileSync('docs/lecture/fooling.json', `${JSON.stringify(results)}\n`);
writeFileSync('docs/lecture/fooling.png', drawImages(results));
writeFileSync('docs/lecture/fooling.svg', `${drawGenerations(results)}\n`);
const tables = [signTable, transferTable, madeTable, defenceTable];
console.log(tables.map((table) => table(results).join('\n')).join('\n\n'));

/** Returns what a file of the folder holds, or computes and writes it. */
async function kept<T>(name: string, compute: () => Promise<T> | T): Promise<T> {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await compute()));
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** Loads a trained network. */
async function load(kind: Kind, seed: number) {
  const network = build({ rng: new Rng(seed), kind });
  await loadWeights(weightsOf(kind, seed), network.params);
  return network;
}

interface Training {
  /** The epoch with the smallest validation error. */
  readonly epoch: number;
  /** The time of the processor, in seconds. */
  readonly seconds: number;
}

/**
 * Trains a network, and saves the weights of the epoch with the smallest validation error. For the
 * adversarial training it is the error on attacked validation images, as in the paper.
 */
async function trained(kind: Kind, seed: number): Promise<Training> {
  const network = build({ rng: new Rng(seed), kind });
  const epsilon = kind === 'adversarial' ? EPSILON : 0;
  let [least, chosen, seconds] = [Infinity, 0, 0];
  let start = process.cpuUsage();
  await trainAdversarially(network, {
    train,
    epsilon,
    epochs: EPOCHS,
    batchSize: 64,
    learningRate: 0.02,
    rng: new Rng(seed).fold(1),
    async onEpoch(epoch) {
      const { user, system } = process.cpuUsage(start);
      seconds += (user + system) / 1e6;
      const attack = epsilon === 0 ? none : sign(epsilon);
      const { errorRate } = await underAttack(network, validation, attack);
      console.log(`${kind}, seed ${seed}, epoch ${epoch}: validation error ${(100 * errorRate).toFixed(2)} %`); // prettier-ignore
      if (errorRate < least) {
        [least, chosen] = [errorRate, epoch];
        const metadata = { network: FILE, architecture: JSON.stringify({ kind }) };
        await saveWeights(weightsOf(kind, seed), network.params, metadata);
      }
      start = process.cpuUsage();
    },
  });
  network.dispose();
  return { epoch: chosen, seconds: Math.round(seconds) };
}

/** Measures a network without and with attacks, and makes images for the convolutional ones. */
async function measured(kind: Kind, seed: number, training: Training): Promise<FooledNetwork> {
  const [network, lenet] = [await load(kind, seed), await load('lenet', seed)];
  const isConvolutional = kind === 'lenet' || kind === 'adversarial';
  const made = isConvolutional
    ? await kept(`images-${kind}-${seed}`, async () => {
        const images = await imagesFor(network, seed);
        return each((method) => ({ ...images[method], bytes: base64(images[method].bytes) }));
      })
    : undefined;
  const found: FooledNetwork = {
    kind,
    seed,
    ...training,
    clean: await underAttack(network, mnist.test, none),
    sign: await underAttack(network, mnist.test, sign(EPSILON)),
    iterated: await underAttack(network, few, ITERATED),
    fromLenet: await underAttack(network, mnist.test, sign(EPSILON), lenet),
    ...(made && { made: each((method) => withoutBytes(made[method])) }),
  };
  network.dispose();
  lenet.dispose();
  return found;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function withoutBytes({ confidences, medians }: Pick<MadeImages, 'confidences' | 'medians'>) {
  const round = (value: number) => Number(value.toFixed(6));
  return { confidences: confidences.map(round), medians: medians.map(round) };
}

function each<T>(of: (method: Method) => T): Record<Method, T> {
  const [gradient, direct, cppn] = METHODS.map(of);
  return { gradient, direct, cppn };
}

/** Runs the command that a reader would call, for the closest adversarial images. */
function transferred(seed: number): Pick<Transfer, 'images' | 'rows'> {
  const files = TRANSFERRED.map((kind) => weightsOf(kind, seed));
  const settings = ['--network', FILE, '--method', 'closest', '--limit', '12', '--backend', 'wasm'];
  const { stdout, status } = spawnSync(
    'npm',
    ['run', '-s', 'boxprop', '--', 'transfer', ...files, ...settings, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', timeout: 3_600_000 },
  );
  if (status !== 0) throw new Error('the transfer of adversarial images failed');
  const { images, rows } = JSON.parse(stdout) as Transfer;
  return { images, rows };
}
