import type { Binding, Entry } from './tfjsNode.ts';

/** A native tensor of the pool. */
interface Pooled {
  readonly id: number;
  /** The last turn in which the tensor was an input of a graph. */
  used: number;
}

/** The largest number of elements of a tensor in the pool. */
const LARGEST = 4096;
/** A tensor is freed after this number of turns in which it was not used. */
const TURNS = 16;

/**
 * Keeps native tensors for scalars and for vectors of equal elements, such as a momentum or the
 * ones and zeros of a normalization. A step of ResNet-20 needs 250 of them, with 30 different
 * values. Without the pool, creating them would take a fiftieth of the step. A turn is one run of a
 * recorder.
 */
export class ConstantPool {
  readonly #binding: Binding;
  /** The tensors, by their number of elements (−1 for a scalar) and by their value. */
  readonly #pooled = new Map<number, Map<number, Pooled>>();
  #turn = 0;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  /**
   * Returns the native tensor that holds the given values. Returns undefined if the pool does not
   * keep such values.
   */
  find({ values, shape, dtype }: Entry): number | undefined {
    if (values === null || dtype !== this.#binding.TF_FLOAT || shape.length > 1) return undefined;
    const value = values[0];
    // A Map does not distinguish −0 from 0 as keys.
    if (values.length > LARGEST || Object.is(value, -0) || !isUniform(values)) return undefined;
    const size = shape.length === 0 ? -1 : values.length;
    let ofSize = this.#pooled.get(size);
    if (ofSize === undefined) this.#pooled.set(size, (ofSize = new Map<number, Pooled>()));
    let pooled = ofSize.get(value);
    if (pooled === undefined) {
      pooled = { id: this.#binding.createTensor(shape, dtype, values), used: this.#turn };
      ofSize.set(value, pooled);
    }
    pooled.used = this.#turn;
    return pooled.id;
  }

  /** Ends a turn: frees the tensors that no recent turn has used. */
  endTurn(): void {
    this.#turn++;
    this.#free((used) => used + TURNS < this.#turn);
  }

  /** Frees all tensors. */
  dispose(): void {
    this.#free(() => true);
  }

  #free(isOld: (used: number) => boolean): void {
    for (const ofSize of this.#pooled.values()) {
      for (const [value, { id, used }] of ofSize) {
        if (!isOld(used)) continue;
        this.#binding.deleteTensor(id);
        ofSize.delete(value);
      }
    }
  }
}

function isUniform(values: ArrayLike<number>): boolean {
  // A vector without elements is uniform too; `none` of a normalization is such a vector.
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], values[0])) return false;
  return true;
}
