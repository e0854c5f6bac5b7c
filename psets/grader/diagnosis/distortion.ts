import type { Value } from '../value.ts';
import type { Quantities } from './quantities.ts';

/** The values that a distortion may use in the place of a step. */
export interface Surroundings {
  readonly quantities: Quantities;
  /** The arguments and the other steps, by name. */
  readonly values: ReadonlyMap<string, Value>;
}

/** The values that students use in the place of a step, by description. */
export type Others = Readonly<Record<string, Value>>;

/** The role of a value in a derivation. */
export type Role = 'step' | 'term' | 'parts' | 'argument' | 'result';

/** A frequent mistake in a step of a derivation. */
export interface Distortion {
  /** Describes the mistake in a step of this name and role. */
  readonly says: (name: string, role: Role) => string;
  /** The value of the step with the mistake; undefined if it cannot have the mistake. */
  readonly apply: (
    value: Value,
    surroundings: Surroundings,
    name: string,
    others: Others,
  ) => Value | undefined;
  /** The smaller, the more frequent. Frequent mistakes are tried first. */
  readonly rank: number;
}
