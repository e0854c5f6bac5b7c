import { CostPieces, type Piece } from './costPieces.ts';
import type { Microscope } from './microscope.ts';
import type { Ref } from './refs.ts';
import type { Snapshot } from './snapshot.ts';
import { near, sumOf, type Factor, type Term } from './terms.ts';
import { oneHot, withElement } from './values.ts';

/**
 * Finds the products whose sum is a cost or its gradient. It runs the cost on one element or one
 * example at a time, and on other targets. It does not depend on which cost it is.
 *
 *   C         = Σ_n a_n C_n,  with C_n the cost of example n alone, or of one element alone
 *   ∂C/∂x_nk  = a_n ∂C_n/∂x_nk,  which is split further where it is linear in the target
 */
export class CostProbe {
  readonly #pieces: CostPieces;
  readonly #snapshot: Snapshot;
  readonly #place: number;

  constructor(microscope: Microscope, cost: NonNullable<Microscope['cost']>) {
    this.#pieces = new CostPieces(microscope, cost);
    this.#snapshot = microscope.snapshot();
    this.#place = microscope.boxes.length;
  }

  /**
   * Returns the products whose sum is C. If the batch is a single example, returns the numbers that
   * the cost reads.
   */
  ofLoss(): { readonly terms: readonly Term[]; readonly isSum: boolean } {
    const { loss, activations, cost } = this.#snapshot;
    for (const pieces of [this.#pieces.elements(), this.#pieces.examples()]) {
      if (pieces === undefined || pieces.length < 2) continue;
      const terms = pieces.map((piece) => {
        const name = `the cost of ${piece.name} alone`;
        return [...weightOf(piece), { value: piece.loss, name, reads: this.#refs(piece) }];
      });
      if (near(sumOf(terms), loss)) return { terms, isSum: true };
    }
    const [x] = activations[this.#place];
    const reads = [...x.values].map((value, index): Term => [{ value, ref: this.#xRef(index) }]);
    const targets = [...(cost?.target.values ?? [])];
    const read = targets.map((value, index): Term => [{ value, ref: yRef(index) }]);
    return { terms: [...reads, ...read], isSum: false };
  }

  /**
   * Returns the products whose sum is ∂C/∂x at an index. Returns undefined unless this derivative
   * is a_n ∂C_n/∂x, as above, for a single example or element n.
   */
  ofGradient(index: number): readonly Term[] | undefined {
    const value = this.#snapshot.gradients[this.#place][0].values[index];
    const pieces = this.#pieces.elements() ?? this.#pieces.examples();
    const piece = pieces?.find(({ at }) => at.includes(index));
    if (piece === undefined) return undefined;
    const whole: Factor = {
      value: piece.gradient[piece.at.indexOf(index)],
      name: `the derivative of the cost of ${piece.name} alone`,
      reads: this.#refs(piece),
    };
    const split = this.#byLabel(piece, index) ?? this.#byTarget(piece, index) ?? [[whole]];
    return [split, [[whole]]]
      .map((terms) => terms.map((term) => [...weightOf(piece), ...term]))
      .find((terms) => near(sumOf(terms), value));
  }

  /**
   * Splits the derivative into its value for another label and the change that this label makes,
   * such as p_k − y_k. Returns undefined unless the cost takes labels, accepts probabilities in
   * place of a label, and has a gradient that is linear in them.
   */
  #byLabel(piece: Piece, index: number): Term[] | undefined {
    if (piece.y.shape.length !== 1) return undefined;
    const k = piece.at.indexOf(index);
    const slopeFor = (label: number) =>
      this.#pieces.run(piece.x, oneHot(piece.x.shape, label))?.gradient[k];
    const own = slopeFor(piece.y.values[0]);
    const [other, ...others] = piece.at.flatMap((_, label) => (label === k ? [] : slopeFor(label)));
    if (own === undefined || other === undefined) return undefined;
    const all = [own - piece.gradient[k], ...others.map((one) => (one ?? NaN) - other)];
    if (!all.every((difference) => near(difference, 0))) return undefined;
    const reads = piece.at.map((at) => this.#xRef(at));
    const terms: Term[] = [
      [{ value: other, name: 'the derivative for another label', reads }],
      [{ value: own - other, name: 'the change for this label', reads: piece.targets.map(yRef) }],
    ];
    return terms.filter(([{ value }]) => !near(value, 0));
  }

  /**
   * Splits the derivative into a + b y, for a piece that is a single element x with its target y.
   * Returns undefined for a larger piece, or if the derivative is not linear in y.
   */
  #byTarget(piece: Piece, index: number): Term[] | undefined {
    if (piece.at.length !== 1) return undefined;
    const [[x], [y]] = [piece.x.values, piece.y.values];
    const [zero, half, one] = [0, 0.5, 1].map(
      (target) => this.#pieces.run(piece.x, withElement(piece.y, 0, target))?.gradient[0] ?? NaN,
    );
    const slope = one - zero;
    if (!near(half, zero + slope / 2)) return undefined;
    const ref = this.#xRef(index);
    const first: Factor = near(zero, x)
      ? { value: x, ref }
      : { value: zero, name: 'the derivative for a target of 0', reads: [ref] };
    const second: Factor = { value: y, ref: yRef(piece.targets[0]) };
    return [[first], [{ value: slope, name: 'the change per unit of the target' }, second]];
  }

  #refs({ at, targets }: Piece): readonly Ref[] {
    return [...at.map((index) => this.#xRef(index)), ...targets.map(yRef)];
  }

  #xRef(index: number): Ref {
    return { kind: 'activation', place: this.#place, part: 0, index };
  }
}

/** Returns the weight of a piece as a factor. Returns no factor if the weight is 1. */
function weightOf({ weight }: Piece): Factor[] {
  return weight === 1 ? [] : [{ value: weight, name: 'the weight in C' }];
}

function yRef(index: number): Ref {
  return { kind: 'target', index };
}
