/**
 * The fixed connections of the neocognitron: weights that fall with the distance |ν| from the middle of a window, and
 * sum to 1.
 *
 *   d(ν) ∝ γ^|ν|
 *
 * @returns row by row.
 */
export function fadingWindow([height, width]: readonly [number, number], decay: number): Float64Array {
  const window = Float64Array.from({ length: height * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width) - (height - 1) / 2, (at % width) - (width - 1) / 2];
    return decay ** Math.hypot(row, column);
  });
  const total = window.reduce((sum, weight) => sum + weight, 0);
  return window.map((weight) => weight / total);
}
