import { InputError } from '../../lib/errors.ts';
import type { AnyModule } from '../../lib/module.ts';
import { torchLayout, type Rename } from '../../formats/torch/torchLayout.ts';
import type { FileLayout } from '../../formats/safetensors/fileLayout.ts';

/**
 * Renames the paths of a ResNet to torchvision's: `stage1.0.residual.body.conv1` becomes
 * `layer1.0.conv1`, and the shortcut becomes `layer1.0.downsample`.
 */
const resnet: Rename = (path) =>
  path
    .replace(/^stage(\d)\.(\d+)\./, 'layer$1.$2.')
    .replace('.residual.body.', '.')
    .replace('.residual.shortcut.conv', '.downsample.0')
    .replace('.residual.shortcut.bn', '.downsample.1');

/**
 * Renames the paths of a VGG. torchvision numbers all boxes of a chain, including those without
 * parameters: a convolution (`c`) and its ReLU take two numbers, a pool (`M`) takes one.
 */
function vgg(layers: string): Rename {
  const convolutions: number[] = [];
  let next = 0;
  for (const layer of layers) {
    if (layer === 'M') next += 1;
    else {
      convolutions.push(next);
      next += 2;
    }
  }
  return numbered(convolutions, [0, 3, 6]);
}

function numbered(features: readonly number[], classifier: readonly number[]): Rename {
  const names = [
    ...features.map((i) => `features.${i}`),
    ...classifier.map((i) => `classifier.${i}`),
  ];
  return (path, i) => names[i] ?? path;
}

/**
 * Renames the paths of MobileNetV2. torchvision counts the blocks of all stages, and numbers the
 * boxes of a block: `stage2.1.body.expand` becomes `features.3.conv.0.0`.
 */
const mobilenetV2: Rename = (path) => {
  const [, stage, block, box] = /^stage(\d)\.(\d+)\.(?:body\.)?(\w+)$/.exec(path) ?? [];
  if (stage === undefined) return MOBILENET_ENDS[path] ?? path;
  const index = [1, 2, 4, 7, 11, 14, 17][Number(stage) - 1] + Number(block);
  return `features.${index}.conv.${(stage === '1' ? MOBILENET_FIRST : MOBILENET_BLOCK)[box]}`;
};

type Names = Readonly<Record<string, string | undefined>>;

const MOBILENET_ENDS: Names = {
  conv1: 'features.0.0',
  bn1: 'features.0.1',
  conv2: 'features.18.0',
  bn2: 'features.18.1',
  fc: 'classifier.1',
};
/** The block of the first stage does not expand. */
const MOBILENET_FIRST: Names = { depthwise: '0.0', bn1: '0.1', project: '1', bn2: '2' };
const MOBILENET_BLOCK: Names = {
  expand: '0.0',
  bn0: '0.1',
  depthwise: '1.0',
  bn1: '1.1',
  project: '2',
  bn2: '3',
};

/**
 * Renames the paths of a SqueezeNet, whose fire modules have these numbers among torchvision's
 * features: `fire2.expand.expand1x1` becomes `features.3.expand1x1`.
 */
function squeezenet(fires: readonly number[]): Rename {
  return (path) =>
    path
      .replace(/^conv1$/, 'features.0')
      .replace(/^conv10$/, 'classifier.1')
      .replace(/^fire(\d)/, (_, fire: string) => `features.${fires[Number(fire) - 2]}`)
      .replace('.expand.', '.');
}

const densenet: Rename = (path) =>
  path === 'classifier' ? path : `features.${path.replace('.added.', '.')}`;

const asHere: Rename = (path) => path;

const RENAMES: Readonly<Record<string, Rename>> = {
  'torchvision-alexnet': numbered([0, 3, 6, 8, 10], [1, 4, 6]),
  'torchvision-googlenet': asHere,
  vgg16: vgg('ccMccMcccMcccMcccM'),
  vgg19: vgg('ccMccMccccMccccMccccM'),
  'squeezenet-1.0': squeezenet([3, 4, 5, 7, 8, 9, 10, 12]),
  'squeezenet-1.1': squeezenet([3, 4, 6, 7, 9, 10, 11, 12]),
  densenet121: densenet,
  'mobilenet-v2': mobilenetV2,
  ...Object.fromEntries([18, 34, 50, 101, 152].map((depth) => [`resnet${depth}`, resnet])),
};

/** The names of boxprop's networks for which torchvision has weights. */
export const TORCHVISION_NETWORKS = Object.keys(RENAMES);

/**
 * Returns torchvision's names and layout of a network's weights, for `loadWeights` and
 * `saveWeights`. The weights of GoogLeNet's two auxiliary heads are ignored if the network has no
 * heads.
 *
 * Errors: a network that torchvision does not have.
 */
export function torchvisionLayout(
  name: string,
  network: AnyModule,
  inputShape: readonly number[],
): FileLayout {
  if (!Object.hasOwn(RENAMES, name)) {
    const other = ['alexnet', 'googlenet'].includes(name)
      ? `: torchvision's is another network, torchvision-${name}`
      : '';
    throw new InputError(
      `expected a network of torchvision, one of ${TORCHVISION_NETWORKS.join(', ')}, got ${name}${other}`,
    );
  }
  const { stored, ...layout } = torchLayout(network, inputShape, { rename: RENAMES[name] });
  const headless =
    name === 'torchvision-googlenet' && !Object.keys(stored).some((key) => key.startsWith('aux1.'));
  return { stored, ...layout, ...(headless && { ignored: /\.num_batches_tracked$|^aux[12]\./ }) };
}

/**
 * Guesses the network of torchvision from the names of the weights in a file; undefined if no
 * network matches. The guess may be wrong, because it looks at few names; `loadWeights` checks all
 * of them.
 */
export function guessTorchvision(names: ReadonlySet<string>): string | undefined {
  const has = (name: string) => names.has(name);
  if (has('inception3a.branch1.conv.weight')) return 'torchvision-googlenet';
  if (has('layer4.0.conv1.weight')) {
    const blocks = (stage: number) =>
      [...names].filter((name) => RegExp(`^layer${stage}\\.\\d+\\.conv1\\.weight$`).test(name))
        .length;
    const depth =
      DEPTHS[`${has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic'} ${blocks(2)} ${blocks(3)}`];
    return depth === undefined ? undefined : `resnet${depth}`;
  }
  if (has('features.12.squeeze.weight'))
    return has('features.6.squeeze.weight') ? 'squeezenet-1.1' : 'squeezenet-1.0';
  if (has('features.18.0.weight') && has('features.17.conv.3.weight')) return 'mobilenet-v2';
  if (has('features.denseblock4.denselayer16.norm1.weight')) {
    const deeper = ['block3.denselayer25', 'block4.denselayer17'];
    return deeper.some((layer) => has(`features.dense${layer}.norm1.weight`))
      ? undefined
      : 'densenet121';
  }
  if (has('classifier.1.weight') && has('features.10.weight')) return 'torchvision-alexnet';
  if (!has('classifier.0.weight')) return undefined;
  return has('features.34.weight') ? 'vgg19' : has('features.28.weight') ? 'vgg16' : undefined;
}

/** The ResNets, by the kind of block and the number of blocks in the second and third stage. */
const DEPTHS: Readonly<Record<string, number | undefined>> = {
  'basic 2 2': 18,
  'basic 4 6': 34,
  'bottleneck 4 6': 50,
  'bottleneck 4 23': 101,
  'bottleneck 8 36': 152,
};
