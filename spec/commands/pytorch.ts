/**
 * `npm run test:pytorch [-- NAMES]`: exchanges weights between boxprop and PyTorch. For each
 * network of torchvision, and for EfficientNet-Lite0, PyTorch's weights must give the same scores
 * and gradients in boxprop and return to PyTorch bit for bit, and boxprop's weights must give the
 * same scores in PyTorch. The tensors of
 * `.pth` files, of both forms and in float32, float16, and bfloat16, must equal what torch.load
 * reads bit for bit, and so must views of shared storages. The exit status
 * is 1 if any score differs by more than 1e-4 of the largest score, if any gradient in double
 * precision differs by more than 1e-6 of its largest element, or if PyTorch is missing.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { init, Rng, useBackend } from '../../index.ts';
import { bytesOf } from '../../formats/safetensors/safetensors.ts';
import { withTensorFile } from '../../formats/withTensorFile.ts';
import { constant } from '../../lib/constant.ts';
import { messageOf } from '../../lib/errors.ts';
import { publishedLayouts } from '../../models/publishedLayouts.ts';
import { toStored } from '../../formats/safetensors/layout.ts';
import { loadWeights, saveWeights } from '../../formats/safetensors/weights.ts';
import type { FileLayout } from '../../formats/safetensors/fileLayout.ts';
import type { AnyModule } from '../../lib/module.ts';
import { networks } from '../../models/networks.ts';
import type { NetworkOptions } from '../../models/options.ts';
import {
  torchvisionGooglenetAuxiliary,
  torchvisionNetworks,
} from '../../models/torchvision/index.ts';
import { difference, startPython, type Python } from '../support/python.ts';

/**
 * The networks, each with its share of the published filters and the height of its images. The
 * width is 5 pixels more than the height.
 */
const CASES: readonly (readonly [name: string, width: number, height: number])[] = [
  ['torchvision-alexnet', 0.25, 224],
  ['vgg16', 0.125, 224],
  ['vgg19', 0.125, 224],
  ['torchvision-googlenet', 1, 128],
  ['torchvision-googlenet-auxiliary', 0.5, 128],
  ['squeezenet-1.0', 0.5, 128],
  ['squeezenet-1.1', 1, 128],
  ['densenet121', 0.5, 96],
  ['mobilenet-v2', 1, 96],
  ['efficientnet-lite0', 1, 97],
  ['resnet18', 1, 96],
  ['resnet34', 0.25, 96],
  ['resnet50', 1, 96],
  ['resnet101', 0.25, 96],
  ['resnet152', 0.25, 96],
];
const [LIMIT, GRADIENT_LIMIT] = [1e-4, 1e-6];

const BUILDERS: Readonly<Record<string, ((options: NetworkOptions) => unknown) | undefined>> = {
  ...Object.fromEntries(
    Object.entries({ ...networks, ...torchvisionNetworks }).map(([name, { build }]) => [
      name,
      build,
    ]),
  ),
  'torchvision-googlenet-auxiliary': torchvisionGooglenetAuxiliary,
};

type Tensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
>;

async function check(
  python: Python,
  folder: string,
  [name, width, height]: (typeof CASES)[number],
) {
  const build = BUILDERS[name];
  if (build === undefined) throw new Error('boxprop has no such network');
  const [weights, outputs, back] = ['theirs', 'outputs', 'ours'].map((of) =>
    join(folder, `${of}.safetensors`),
  );
  const job = { width, size: height, outputs };
  const inputShape = [height, height + 5, 3] as const;
  const layoutOf = (network: AnyModule) => layoutFor(name, network, inputShape);

  await python.ask({ ...job, make: name, weights });
  const theirs = build({ rng: new Rng(0), width, inputShape, init: init.zeros }) as AnyModule;
  await loadWeights(weights, tensorsOf(theirs), layoutOf(theirs));
  const here = farthest(infer(theirs, await read(outputs)), await read(outputs));

  await saveWeights(back, tensorsOf(theirs), {}, layoutOf(theirs));
  const [sent, returned] = [await read(weights), await read(back)];
  for (const [key, { data }] of sent) {
    const same = difference(returned.get(key)?.data ?? [], data) === 0;
    if (!same && !key.endsWith('.num_batches_tracked')) throw new Error(`${key} came back changed`);
  }
  theirs.dispose();
  const files = await checkTorchFiles(python, folder, name, width);

  const ours = build({ rng: new Rng(1), width, inputShape }) as AnyModule;
  await saveWeights(back, tensorsOf(ours), {}, layoutOf(ours));
  await python.ask({ ...job, load: name, weights: back });
  const there = farthest(infer(ours, await read(outputs)), await read(`${outputs}.again`));
  ours.dispose();
  const grads = await checkGradients(python, folder, [name, Math.min(width, 1 / 8), height]);
  return { here, grads, there, files };
}

const layoutFor = (name: string, network: AnyModule, inputShape: readonly number[]) =>
  publishedLayouts(name.replace('-auxiliary', ''), network, inputShape)[0];

/**
 * Compares the gradients of a narrow network in double precision, where no unit at a kink rounds to
 * its other side; returns the largest difference.
 */
async function checkGradients(
  python: Python,
  folder: string,
  [name, width, height]: (typeof CASES)[number],
): Promise<number> {
  const [weights, outputs] = ['narrow', 'grads'].map((of) => join(folder, `${of}.safetensors`));
  await python.ask({ differentiate: name, width, size: height, weights, outputs });
  await useBackend('float64');
  const inputShape = [height, height + 5, 3] as const;
  const network = BUILDERS[name]?.({ rng: new Rng(0), width, inputShape, init: init.zeros });
  const layout = layoutFor(name, network as AnyModule, inputShape);
  await loadWeights(weights, tensorsOf(network as AnyModule), layout);
  const farthest = farthestGradient(network as AnyModule, layout, await read(outputs));
  (network as AnyModule).dispose();
  await useBackend('wasm');
  return farthest;
}

/** The forms of `.pth` files. */
const FORMS = ['float32', 'float16', 'bfloat16'].flatMap((dtype) =>
  [false, true].flatMap((legacy) => [false, true].map((views) => ({ dtype, legacy, views }))),
);

/** Compares `.pth` files with torch.load; returns the number of files. */
async function checkTorchFiles(python: Python, folder: string, name: string, width: number) {
  const file = join(folder, 'weights.pth');
  for (const form of FORMS) {
    const answer = await python.ask({ ...form, save: name, width, file });
    const { tensors } = answer as { tensors: Readonly<Record<string, Digest>> };
    await withTensorFile(file, async ({ entries, read: readEntry }) => {
      const what = `${name} as ${JSON.stringify(form)}`;
      if (entries.size !== Object.keys(tensors).length) throw new Error(`${what}: other names`);
      for (const [key, { shape, sha256 }] of Object.entries(tensors)) {
        const entry = entries.get(key);
        if (entry === undefined) throw new Error(`${what}: ${key} is missing`);
        const { shape: got, data } = await readEntry(entry);
        const digest = createHash('sha256').update(bytesOf(data)).digest('hex');
        if (digest !== sha256 || String(got) !== String(shape))
          throw new Error(`${what}: ${key} differs`);
      }
    });
  }
  return FORMS.length;
}

/** What torch.load reads. */
interface Digest {
  readonly shape: readonly number[];
  readonly sha256: string;
}

const tensorsOf = (network: AnyModule) => ({ ...network.params, ...network.buffers });

/** The outputs of a network for the image in a file. */
function infer(network: AnyModule, file: Tensors): Float32Array[] {
  return tidy(() => {
    const output = network.infer(imageOf(file, 'image')) as Tensor | Tensor[];
    return (Array.isArray(output) ? output : [output]).map((scores) =>
      scores.dataSync<'float32'>(),
    );
  });
}

/**
 * Returns the largest difference of a gradient of the image or of a parameter, each as a share of
 * the gradient's largest element.
 */
function farthestGradient(network: AnyModule, { stored }: FileLayout, file: Tensors): number {
  const expected = (name: string) => file.get(`grad/${name}`)?.data ?? [];
  return tidy(() => {
    const { output, cache } = network.forward(imageOf(file, 'image'), { mode: 'inference' });
    const gradOutputs = (Array.isArray(output) ? output : [output]).map((scores: Tensor, i) =>
      constant(file.get(`gradOutput${i}`)?.data ?? [], scores.shape),
    );
    const gradOutput = Array.isArray(output) ? gradOutputs : gradOutputs[0];
    const { gradInput, gradParams } = network.backprop(gradOutput, cache);
    const differences = Object.entries(gradParams).map(([key, grad]) =>
      difference(
        toStored(Float32Array.from(grad.dataSync()), stored[key]),
        expected(stored[key].name),
      ),
    );
    const image = imageOf(file, 'grad/image').dataSync<'float32'>();
    return Math.max(...differences, difference((gradInput as Tensor).dataSync(), image));
  });
}

/** Returns images of a file, which stores the channels first. */
function imageOf(file: Tensors, name: string): Tensor {
  const image = file.get(name);
  if (image === undefined) throw new Error(`no ${name}`);
  return tidy(() => transpose(constant(image.data, [...image.shape]), [0, 2, 3, 1]));
}

function farthest(outputs: readonly Float32Array[], file: Tensors): number {
  const count = [...file.keys()].filter((name) => name.startsWith('output')).length;
  if (count !== outputs.length) throw new Error(`${outputs.length} outputs for ${count}`);
  return Math.max(
    ...outputs.map((scores, i) => difference(scores, file.get(`output${i}`)?.data ?? [])),
  );
}

async function read(file: string): Promise<Tensors> {
  return withTensorFile(file, async ({ entries, read: readEntry }) => {
    const tensors = new Map<string, { shape: readonly number[]; data: ArrayLike<number> }>();
    for (const [name, entry] of entries) {
      const { shape, data } = await readEntry(entry);
      tensors.set(name, { shape, data: Array.from(data as ArrayLike<number>, Number) });
    }
    return tensors;
  });
}

const only = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'boxprop-pytorch-'));
let [passed, failed] = [0, 0];
try {
  await useBackend('wasm');
  const script = fileURLToPath(new URL('torchvision_networks.py', import.meta.url));
  const python = await startPython(script, 'torch safetensors');
  console.log(
    `PyTorch ${String(python.hello.version)}; largest difference, as a share of the largest score`,
  );
  for (const test of CASES.filter(([name]) => only.length === 0 || only.includes(name))) {
    try {
      const { here, grads, there, files } = await check(python, folder, test);
      const ok = here <= LIMIT && grads <= GRADIENT_LIMIT && there <= LIMIT;
      if (ok) passed++;
      else failed++;
      console.log(
        `${ok ? 'pass' : 'FAIL'} ${test[0]}: PyTorch's weights here ${here.toExponential(1)}, ` +
          `their gradients ${grads.toExponential(1)}, ` +
          `boxprop's weights there ${there.toExponential(1)}; ${files} .pth files equal`,
      );
    } catch (error) {
      failed++;
      console.log(`FAIL ${test[0]}: ${messageOf(error)}`);
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
