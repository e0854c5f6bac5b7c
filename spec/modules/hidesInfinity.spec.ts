import { cases } from '../../gradcheck/index.ts';
import { disposeCase, Draw } from '../../gradcheck/case.ts';
import { GradcheckTarget, tensorsOf } from '../../gradcheck/target.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { Cost } from '../../lib/cost.ts';
import { tidy } from '../../lib/memory.ts';
import { Rng } from '../../lib/rng.ts';
import * as losses from '../../losses/index.ts';

/**
 * Tests that a box with `hidesInfinity = false` tells the truth: on random cases of the gradient
 * check, ∞ or −∞ in an input element on which the output depends makes some output infinite or NaN.
 */

const names = Object.keys(cases).filter((name) => !Object.hasOwn(losses, name));

test.each(names)('%s', async (name) => {
  await withBackend('float64', () => {
    for (let i = 0; i < CASES; i++) {
      const rng = new Rng(i);
      const item = cases[name](new Draw(rng));
      const { box, config } = item;
      if (box instanceof Cost) throw new Error(`${name} is a cost`);
      // A training step looks at the boxes inside a container.
      const claims = box.hidesInfinity === false && box.children().length === 0;
      const hidden = claims ? hiddenIn(new GradcheckTarget(item), rng) : [];
      expect([config, hidden]).toEqual([config, []]);
      disposeCase(item);
    }
  });
});

const CASES = 8;

/** Returns the places where an infinity leaves all outputs finite, with the infinity. */
function hiddenIn(target: GradcheckTarget, rng: Rng): string[] {
  return target.tensors
    .filter(({ name }) => name.startsWith('input'))
    .flatMap((tensor) => {
      const places = influential(target, tensor.name, rng);
      return places.flatMap((at) =>
        [Infinity, -Infinity].flatMap((infinity) => {
          const before = tensor.values[at];
          target.setValue(tensor, at, infinity);
          const outputs = outputsOf(target);
          target.setValue(tensor, at, before);
          return outputs.every(Number.isFinite) ? [`${infinity} in ${tensor.name}[${at}]`] : [];
        }),
      );
    });
}

/** Returns the elements of an input whose gradient is not 0. */
function influential(target: GradcheckTarget, name: string, rng: Rng): number[] {
  return tidy(() => {
    const { output, cache } = target.forward(target.input());
    const grads = target.gradTensors(output, cache, rng.normals(outputsOf(target).length));
    return Array.from(grads[name].dataSync()).flatMap((grad, at) => (grad === 0 ? [] : [at]));
  });
}

function outputsOf(target: GradcheckTarget): number[] {
  return tidy(() =>
    tensorsOf(target.forward(target.input()).output).flatMap(([, y]) => [...y.dataSync()]),
  );
}
