import { checkOptions } from '../lib/check.ts';
import { didYouMean } from '../lib/didYouMean.ts';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import type { Shape } from '../lib/facts.ts';
import { isList } from '../lib/isList.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { factsOf } from '../lib/shapes.ts';
import { graphOfSteps, stepsOf, type Step, type Steps } from './steps.ts';

/** A layer of a network: a box that learns weights, and the boxes that belong to it. */
export interface Layer {
  /** The path of the box that learns weights. */
  readonly path: string;
  /** The description of this box, as on the slides. */
  readonly box: string;
  /** The number of parameters of all boxes of the layer. */
  readonly parameters: number;
}

/**
 * Lists the layers of a network in the order in which they run. A layer begins with a box that has
 * parameters and mixes its inputs, such as Conv2D and Linear, and ends before the next one. So the
 * normalization, the ReLU, the pooling and the dropout behind a convolution belong to it.
 *
 * Shapes: inputShape is that of one example, without the batch.
 * Errors: those of a forward pass of an input of this shape.
 *
 *     layersOf(lenet({ rng }), [28, 28, 1]);   // 4 layers, with the paths 0, 2, 5 and 7
 */
export function layersOf(network: AnyModule, inputShape: Shape): Layer[] {
  return groupsOf(placed(stepsOf(network, 'layersOf'), inputShape))
    .filter(([{ isLayer }]) => isLayer)
    .map((group) => ({
      path: group[0].path,
      box: group[0].box.describe(),
      parameters: group.reduce((sum, { box }) => sum + sizeOf(box), 0),
    }));
}

/** The options of `withoutLayers`. */
export interface WithoutLayersOptions {
  /**
   * The paths of the boxes to leave out. The path of a layer (see `layersOf`) leaves out the whole
   * layer; the path of any other box, or of a container, leaves out this box or container alone.
   */
  readonly without: readonly string[];
  /** The shape of one example, without the batch. */
  readonly inputShape: Shape;
  /** The generator that draws the weights of the boxes that are made anew. */
  readonly rng: Rng;
}

/**
 * Returns the network without some of its layers, for the lecture's question "How important is
 * depth": what came before the gap is the input of what comes behind it.
 *
 *   x_{i+1} = F_{i+1}(x_{i−1}, w)   instead of   F_{i+1}(F_i(x_{i−1}, w_i), w_{i+1})
 *
 * A box that cannot take the new input is replaced by one with the same options and new weights
 * (`Module.forInput`): behind a convolution that is left out, the next convolution gets another
 * number of channels. All other boxes keep their weights. A box that changes the number of axes,
 * such as Flatten, stays, because the boxes behind it need it.
 *
 * The result takes over all boxes of the network; those that are left out are disposed.
 *
 * Shapes: inputShape is that of one example, without the batch.
 * Errors: an empty list; an unknown option; a path that names no box; all layers; a gap between
 *         different values, as that of one branch of several; a box that cannot take the new input
 *         and does not know how to be made anew; an output of another shape.
 * Source: lecture, "How important is Depth"; Zeiler, Fergus 2013, arXiv:1311.2901, table 3.
 *
 *     const smaller = withoutLayers(alexnet({ rng }), {
 *       without: ['conv3', 'conv4'],
 *       inputShape: [227, 227, 3],
 *       rng,
 *     });
 */
export function withoutLayers<In, Out>(
  network: Module<In, Out>,
  options: WithoutLayersOptions,
): Module<In, Out> {
  checkOptions('withoutLayers', options, ['without', 'inputShape', 'rng']);
  const { without, inputShape, rng } = options;
  if (!(isList(without) && without.length > 0 && without.every((p) => typeof p === 'string'))) {
    throw new InputError(
      `withoutLayers: expected without to be a list of at least one path, got ${show(without)}`,
    );
  }
  const whole = stepsOf(network, 'withoutLayers');
  const steps = placed(whole, inputShape);
  const gone = new Set(without.flatMap((path) => stepsAt(steps, path)));
  const kept = reconnected({ ...whole, steps }, gone, without);
  if (!kept.steps.some(({ box }) => sizeOf(box) > 0))
    throw new InputError(
      `withoutLayers: expected a layer that is left, got all layers in ${show(without)}`,
    );
  const fitting = fitted(kept, inputShape, { without, rng });
  requireSameOutputs(steps, whole, fitting, without);
  const left = new Set(fitting.steps.map(({ box }) => box));
  for (const { box } of steps) if (!left.has(box)) box.dispose();
  return graphOfSteps(network, fitting);
}

/** A step, and its place among the layers. */
interface PlacedStep extends Step {
  /** Whether a layer begins with this box. */
  readonly isLayer: boolean;
  /** Whether the output has as many axes as the input. */
  readonly keepsRank: boolean;
  readonly outputShape: Shape;
}

function placed({ inputs, steps }: Steps, inputShape: Shape): PlacedStep[] {
  const shapes = new Map<string, Shape>(inputs.map((name) => [name, [1, ...inputShape]]));
  return steps.map((step) => {
    const given = step.inputs.map((name) => shapes.get(name) ?? []);
    const { window, outputShape } = factsOf(step.box, given);
    shapes.set(step.name, outputShape);
    const isLayer = sizeOf(step.box) > 0 && window !== 'elementwise' && window !== 'channels';
    return { ...step, isLayer, outputShape, keepsRank: outputShape.length === given[0].length };
  });
}

/** Divides the steps so that each group begins with a layer; the first one may begin before it. */
function groupsOf(steps: readonly PlacedStep[]): PlacedStep[][] {
  const groups: PlacedStep[][] = [];
  for (const step of steps) {
    if (step.isLayer || groups.length === 0) groups.push([]);
    groups[groups.length - 1].push(step);
  }
  return groups;
}

/** Returns the steps that a path leaves out. */
function stepsAt(steps: readonly PlacedStep[], path: string): PlacedStep[] {
  const layer = groupsOf(steps).find(([first]) => first.isLayer && first.path === path);
  if (layer !== undefined) {
    // The boxes of the layer end where another branch begins or where two branches meet.
    const end = layer.findIndex((step, i) => i > 0 && !follows(steps, layer[i - 1], step));
    return layer
      .slice(0, end < 0 ? undefined : end)
      .filter(({ keepsRank }, i) => i === 0 || keepsRank);
  }
  const inside = steps.filter((step) => step.path === path || step.path.startsWith(`${path}.`));
  if (inside.length > 0) return inside;
  const known = steps.map((step) => step.path);
  throw new InputError(
    `withoutLayers: expected the path of a box, got ${show(path)}${didYouMean(path, known)}`,
  );
}

/** Returns whether `after` takes the output of `before` alone, and no other box takes it. */
function follows(steps: readonly Step[], before: Step, after: Step): boolean {
  const users = steps.filter(({ inputs }) => inputs.includes(before.name));
  return users.length === 1 && users[0] === after && after.inputs.length === 1;
}

/** Connects what comes before the gaps with what comes behind them. */
function reconnected(
  { inputs, steps, outputs }: Steps,
  gone: ReadonlySet<Step>,
  without: readonly string[],
): Steps {
  const standsFor = new Map<string, string>();
  const from = (name: string) => standsFor.get(name) ?? name;
  const kept: Step[] = [];
  for (const step of steps) {
    const taken = step.inputs.map(from);
    if (!gone.has(step)) {
      kept.push({ ...step, inputs: taken });
      continue;
    }
    if (new Set(taken).size > 1) {
      throw new InputError(
        `withoutLayers: expected a gap with one input, got ${taken.length} inputs of ${step.path} without ${show(without)}`,
      );
    }
    standsFor.set(step.name, taken[0]);
  }
  return { inputs, steps: usedSteps(kept, outputs.map(from)), outputs: outputs.map(from) };
}

/** Returns the steps on which the outputs depend. */
function usedSteps(steps: readonly Step[], outputs: readonly string[]): Step[] {
  const used = new Set(outputs);
  const kept = [...steps].reverse().filter(({ name, inputs }) => {
    if (!used.has(name)) return false;
    for (const input of inputs) used.add(input);
    return true;
  });
  return kept.reverse();
}

/** Replaces the boxes that cannot take their new inputs. */
function fitted(
  { inputs, steps, outputs }: Steps,
  inputShape: Shape,
  { without, rng }: Pick<WithoutLayersOptions, 'without' | 'rng'>,
): Steps & { readonly shapes: ReadonlyMap<string, Shape> } {
  const shapes = new Map<string, Shape>(inputs.map((name) => [name, [1, ...inputShape]]));
  const made = new Map<AnyModule, AnyModule>();
  const fit = ({ path, box }: Step, given: readonly Shape[]) => {
    const own = made.get(box) ?? box;
    try {
      return { box: own, shape: factsOf(own, given).outputShape };
    } catch (problem) {
      if (!(problem instanceof BoxpropError)) throw problem;
      const fresh = own.forInput(given[0], rng.split());
      if (fresh === undefined) {
        throw new InputError(
          `withoutLayers: expected ${path} to take the input before the gap of ${show(without)}, got ${problem.message}`,
          { cause: problem },
        );
      }
      made.set(box, fresh);
      return { box: fresh, shape: factsOf(fresh, given).outputShape };
    }
  };
  const fitting = steps.map((step) => {
    const { box, shape } = fit(
      step,
      step.inputs.map((name) => shapes.get(name) ?? []),
    );
    shapes.set(step.name, shape);
    return { ...step, box };
  });
  return { inputs, steps: fitting, outputs, shapes };
}

/** Throws if an output has another shape than before, as without the layer of the scores. */
function requireSameOutputs(
  steps: readonly PlacedStep[],
  whole: Steps,
  { outputs, shapes }: ReturnType<typeof fitted>,
  without: readonly string[],
): void {
  for (const [k, name] of whole.outputs.entries()) {
    const expected = steps.find((step) => step.name === name)?.outputShape.slice(1) ?? [];
    const got = shapes.get(outputs[k])?.slice(1) ?? [];
    if (got.join() === expected.join()) continue;
    throw new InputError(
      `withoutLayers: expected outputs of shape ${show(expected)}, got ${show(got)} without ${show(without)}`,
    );
  }
}

function sizeOf(box: AnyModule): number {
  return Object.values(box.params).reduce((sum, { size }) => sum + size, 0);
}
