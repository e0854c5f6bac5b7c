import { checkNumber, checkOptions, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { AnyModule } from '../lib/module.ts';
import { describePath } from '../lib/propagate.ts';

/** Parameters that an optimizer treats differently from the others. */
export interface ParamGroup {
  /** Whether a parameter of this name is in the group. */
  readonly matches: (name: string) => boolean;
  /** The weight decay of the group, in place of the optimizer's. */
  readonly weightDecay?: number;
  /** The factor by which the learning rate is multiplied; 1 by default. */
  readonly learningRateScale?: number;
}

/**
 * Returns the learning rate and weight decay of a parameter. They come from the first group that
 * contains the parameter, or from the optimizer if no group does.
 */
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

/** The settings of an optimizer that its groups can override. */
export interface GroupedOptimizer {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
}

/** Throws if a group has an unknown option, or a negative learning-rate scale or weight decay. */
export function checkParamGroups(optimizer: object, groups: readonly ParamGroup[]): void {
  const given: unknown = groups;
  if (!Array.isArray(given)) {
    throw new BoxError([nameOf(optimizer)], `expected groups to be a list, got ${show(given)}`);
  }
  for (const [i, group] of groups.entries()) {
    const place = `${nameOf(optimizer)}.groups[${i}]`;
    checkOptions(place, group, ['matches', 'learningRateScale', 'weightDecay']);
    const { matches, learningRateScale = 1, weightDecay = 0 } = group;
    if (typeof matches !== 'function') {
      throw new BoxError(
        [place],
        `expected matches to be a function of a name, got ${show(matches)}`,
      );
    }
    checkNumber(optimizer, "a group's learningRateScale", learningRateScale, 0);
    checkNumber(optimizer, "a group's weightDecay", weightDecay, 0);
  }
}

/**
 * Makes the group of the parameters without weight decay. The boxes name them in `noDecay`: biases,
 * the scales and shifts of normalizations, and the slope of PReLU. (With decay of the slope, a
 * PReLU would become a ReLU; see He et al. 2015, section 2.1.)
 *
 * Errors: a box with parameters that does not state `noDecay`.
 *
 *     const groups = [withoutDecay(network)];
 *     new SGD(network.params, { learningRate: 0.1, weightDecay: 1e-4, groups });
 */
export function withoutDecay(network: AnyModule): ParamGroup {
  const names = new Set<string>();
  const visit = (box: AnyModule, path: readonly string[]): void => {
    const children = box.children();
    for (const [name, child] of children) visit(child, [...path, name]);
    if (children.length > 0 || Object.keys(box.params).length === 0) return;
    if (box.noDecay === undefined) {
      throw new BoxError(
        [describePath(network, path.join('.'), box)],
        'expected `noDecay`, the names of the parameters without weight decay, got undefined; declare it in the class',
      );
    }
    for (const name of box.noDecay) {
      // A box may name `bias` in `noDecay` even if it was built without a bias.
      if (name !== 'bias' && !(name in box.params)) {
        throw new BoxError(
          [describePath(network, path.join('.'), box)],
          `expected noDecay to name parameters out of ${Object.keys(box.params).join(', ')}, got ${show(name)}`,
        );
      }
      names.add([...path, name].join('.'));
    }
  };
  visit(network, []);
  return { matches: (name) => names.has(name), weightDecay: 0 };
}
