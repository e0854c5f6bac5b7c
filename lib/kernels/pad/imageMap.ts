/**
 * A linear map along one axis. Each row of its matrix has a few weights that are next to each
 * other, and zeros elsewhere. Sums, averages and interpolations of an image are such maps, applied
 * to one axis at a time. The gradient is the transposed map.
 *
 *     forward    y[..., i, ...] = Σ_r m[i,r] x[..., r, ...]
 *     toInput    ∂C/∂x[..., r, ...] = Σ_i m[i,r] g[..., i, ...]
 */
export interface AxisMap {
  /** The length of x along the axis. */
  readonly input: number;
  /** The weights m[i, first], m[i, first + 1] ... of each output i; all of them lie inside x. */
  readonly rows: readonly { readonly first: number; readonly weights: readonly number[] }[];
}

/** One map per axis of an image. */
export interface ImageMap {
  readonly height: AxisMap;
  readonly width: AxisMap;
}
