import { numElements } from '../../lib/shapes.ts';
import type { Context } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import { Dropout } from '../../modules/dropout.ts';
import { SpatialDropout } from '../../modules/spatialDropout.ts';
import { type CheckedModule, type Case, type Cases, type Draw } from '../case.ts';

/**
 * Draws a context, which is usually for training. Its generator keeps at least one of `units`
 * units, because if all were dropped, the gradient would be 0.
 */
function contextFor(draw: Draw, units: number, p: number): Context {
  if (draw.chance(0.2)) return { mode: 'inference' };
  let rng: Rng;
  do rng = draw.rng.split();
  while (
    rng
      .clone()
      .uniforms(units)
      .every((value) => value < p)
  );
  return { mode: 'training', rng };
}

function caseOf(
  draw: Draw,
  make: (p: number) => CheckedModule,
  shape: readonly number[],
  units: number,
): Case {
  const p = draw.pick(0, 0.3, 0.5, 0.8);
  const box = make(p);
  const context = contextFor(draw, units, p);
  const config = `${box.constructor.name}({ p: ${p} }) on [${shape.join(', ')}] in ${context.mode}`;
  return { config, box, input: draw.normal(shape), context };
}

/** The cases of the dropout boxes. */
export const cases: Cases = {
  Dropout: (draw) => {
    const shape = Array.from({ length: draw.integer(1, 4) }, () => draw.integer(1, 3));
    return caseOf(draw, (p) => new Dropout({ p }), shape, numElements(shape));
  },
  SpatialDropout: (draw) => {
    const [batch, channels] = [draw.integer(1, 3), draw.integer(1, 4)];
    const positions = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 3));
    const shape = [batch, ...positions, channels];
    return caseOf(draw, (p) => new SpatialDropout({ p }), shape, batch * channels);
  },
};
