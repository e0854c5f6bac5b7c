import { checkNumber } from '../lib/check.ts';
import type { NamedModule } from '../lib/module.ts';
import type { AnyModule } from '../lib/module.ts';
import { Affine } from '../modules/historic/affine.ts';
import { BatchNorm } from '../modules/batchNorm.ts';
import { GroupNorm } from '../modules/groupNorm.ts';
import { InstanceNorm } from '../modules/instanceNorm.ts';
import { LayerNorm } from '../modules/layerNorm.ts';
import { PReLU } from '../modules/prelu.ts';

/** Parameters that an optimizer treats in a way of their own. */
export interface ParamGroup {
  readonly matches: (name: string) => boolean;
  /** In place of the optimizer's own. */
  readonly weightDecay?: number;
  /** What the learning rate is multiplied by, 1 by default. */
  readonly learningRateScale?: number;
}

/** Learning rate and weight decay of a parameter: those of the first group that has it, else the optimizer's. */
export function groupSettings(
  name: string,
  { learningRate, weightDecay, groups }: GroupedOptimizer,
): { learningRate: number; weightDecay: number } {
  const group = groups.find(({ matches }) => matches(name));
  return {
    learningRate: learningRate * (group?.learningRateScale ?? 1),
    weightDecay: group?.weightDecay ?? weightDecay,
  };
}

export interface GroupedOptimizer {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
}

export function checkParamGroups(optimizer: object, groups: readonly ParamGroup[]): void {
  for (const { learningRateScale: rate = 1, weightDecay = 0 } of groups) {
    checkNumber(optimizer, "a group's rate", rate, 0);
    checkNumber(optimizer, "a group's weightDecay", weightDecay, 0);
  }
}

const SCALES = [BatchNorm, LayerNorm, GroupNorm, InstanceNorm, Affine, PReLU] as const;

/**
 * What weight decay should leave alone: biases, the scales and shifts of normalizations, and PReLU's a, which a decay
 * would push to ReLU (He et al. 2015, section 2.1).
 */
export function withoutDecay(network: AnyModule): ParamGroup {
  const names = new Set<string>();
  const visit = ([prefix, box]: NamedModule): void => {
    const children = box.children();
    for (const [name, child] of children) visit([`${prefix}${name}.`, child]);
    if (children.length > 0) return;
    const isScale = SCALES.some((kind) => box instanceof kind);
    for (const name of Object.keys(box.params))
      if (isScale || name === 'bias') names.add(prefix + name);
  };
  visit(['', network]);
  return { matches: (name) => names.has(name), weightDecay: 0 };
}
