import type { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../../lib/check.ts';
import { coordinates } from '../../lib/coordinates.ts';
import { tidy } from '../../lib/memory.ts';
import type { AnyModule } from '../../lib/module.ts';
import { tensorsOf, type Microscope } from './microscope.ts';
import { BoxProbe } from './probe.ts';
import { inputFactor, paramFactor, type FactorsOf } from './terms.ts';
import { toTensor, toValue, type Value } from './values.ts';

/** One run of a box inside a container. */
interface Run {
  readonly box: AnyModule;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /**
   * The memory of the inputs and of the output. If a box returns its input, the output has the
   * memory of the input.
   */
  readonly from: readonly object[];
  readonly to: object;
}

/**
 * Finds the box inside a container that computes the container's output, such as the `Sum` of a
 * `Residual`, and the values that it received in this chain.
 *
 * @returns undefined for a box that is not a container.
 */
export function boxInside(
  microscope: Microscope,
  k: number,
): { readonly probe: BoxProbe; readonly factors: FactorsOf } | undefined {
  const container = microscope.boxes[k];
  if (container.children().length === 0) return undefined;
  const runs: Run[] = [];
  const outer = tidy(() => {
    const inputs = microscope.snapshot().activations[k].map(toTensor);
    const context = microscope.context ?? { mode: 'inference' as const };
    const afterBox = (box: AnyModule, input: unknown, output: unknown) => {
      const [from, [to]] = [tensorsOf(input), tensorsOf(output)];
      runs.push({
        box,
        inputs: from.map(toValue),
        output: toValue(to),
        from: from.map(memoryOf),
        to: memoryOf(to),
      });
    };
    const { output } = container.forward(microscope.argument(k, inputs), { ...context, afterBox });
    return { from: inputs.map(memoryOf), to: memoryOf(tensorsOf(output)[0]) };
  });
  // A box such as Identity, which returns its input, is not the one that computes the output.
  const last = runs.find(
    ({ box, from, to }) =>
      box.children().length === 0 && to === outer.to && !from.includes(outer.to),
  );
  if (last === undefined) return undefined;
  const paths = pathsIn(container);
  const probe = new BoxProbe({
    box: last.box,
    inputs: last.inputs,
    output: last.output,
    context: () => microscope.context,
  });
  const whole = BoxProbe.at(microscope, k);
  const prefix = paths.get(last.box) ?? '';
  return {
    probe,
    factors: {
      input: (part, index) => {
        const own = outer.from.indexOf(last.from[part]);
        if (own >= 0) return inputFactor(whole, k, own, index);
        // A container and its last box have the same output. The container comes later in the list,
        // so the search starts at the end.
        const { box } = [...runs].reverse().find(({ to }) => to === last.from[part]) ?? last;
        const { shape, values } = last.inputs[part];
        const path = paths.get(box) ?? '';
        const words = /^\d/.test(path) ? `${nameOf(box)} ${path}` : path;
        return {
          value: values[index],
          inside: `${words}[${coordinates(index, shape).join(', ')}]`,
        };
      },
      param: (name, index) => paramFactor(whole.params, k, `${prefix}.${name}`, index),
    },
  };
}

function memoryOf({ dataId }: Tensor): object {
  return dataId;
}

/** Returns the path of each box inside a container, in the form of the names of its parameters. */
function pathsIn(container: AnyModule, prefix = ''): ReadonlyMap<AnyModule, string> {
  const paths = new Map<AnyModule, string>();
  for (const [name, box] of container.children()) {
    const path = `${prefix}${name}`;
    if (!paths.has(box)) paths.set(box, path);
    for (const [inner, at] of pathsIn(box, `${path}.`)) if (!paths.has(inner)) paths.set(inner, at);
  }
  return paths;
}
