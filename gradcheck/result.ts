/** The result of the check of one tensor of one case. */
export interface Result {
  /** The name of the box's class. */
  readonly name: string;
  /** The box's arguments, the shape of the input, and the number of the case. */
  readonly config: string;
  /** The name of the tensor: `output`, `input`, `param:weight`, ... */
  readonly tensor: string;
  /** The number of values that were compared. */
  readonly checked: number;
  /** The number of coordinates that were at kinks. */
  readonly skipped: number;
  /**
   * On float64, the largest |analytic − numeric|. On another backend, the largest error relative to
   * the scale of the tensor, which is its largest value at several points.
   */
  readonly maxError: number;
  readonly pass: boolean;
  /** The problem on one line. Undefined if the check passes. */
  readonly message?: string;
}

/** Makes the result of a check that fails before values are compared. */
export function failure(name: string, config: string, message: string): Result {
  const compared = { checked: 0, skipped: 0, maxError: 0 };
  return { name, config, tensor: 'output', ...compared, pass: false, message };
}
