import { Grid } from './grid.ts';

/**
 * Local contrast normalization as plain loops over doubles, from the equations of Jarrett et al.
 * 2009, section 2: v_ijk = x_ijk − Σ_ipq w_pq x_{i,j+p,k+q}; σ_jk = (Σ_ipq w_pq v²_{i,j+p,k+q})^½;
 * y_ijk = v_ijk / max(c, σ_jk) with c = mean(σ_jk). `divisive` also keeps the divisor above a
 * threshold. Grids are [N, H, W, maps].
 */
export interface Window {
  readonly size: readonly [number, number];
  readonly sigma: readonly [number, number];
}

export function window(height: number, width: number, sigma?: number): Window {
  return { size: [height, width], sigma: [sigma ?? height / 4, sigma ?? width / 4] };
}

/**
 * Returns Σ_ipq w_pq of(x_{i,j+p,k+q}) at each pixel. The weights inside the image are scaled to
 * sum to 1.
 */
function weighted(x: Grid, { size, sigma }: Window, of: (value: number) => number): Grid {
  const [batch, height, width, maps] = x.shape;
  const means = new Grid([batch, height, width]);
  for (let n = 0; n < batch; n++) {
    for (let j = 0; j < height; j++) {
      for (let k = 0; k < width; k++) {
        let [sum, weights] = [0, 0];
        for (let p = -(size[0] - 1) / 2; p <= (size[0] - 1) / 2; p++) {
          for (let q = -(size[1] - 1) / 2; q <= (size[1] - 1) / 2; q++) {
            if (j + p < 0 || j + p >= height || k + q < 0 || k + q >= width) continue;
            const w = Math.exp(-0.5 * ((p / sigma[0]) ** 2 + (q / sigma[1]) ** 2));
            for (let i = 0; i < maps; i++) {
              sum += w * of(x.at(n, j + p, k + q, i));
              weights += w;
            }
          }
        }
        means.add(sum / weights, n, j, k);
      }
    }
  }
  return means;
}

export function localMeans(x: Grid, shape: Window): Grid {
  return weighted(x, shape, (value) => value);
}

export function localDeviations(x: Grid, shape: Window): Grid {
  const squares = weighted(x, shape, (value) => value * value);
  return new Grid(squares.shape, squares.values.map(Math.sqrt));
}

export function subtractive(x: Grid, shape: Window): Grid {
  const means = localMeans(x, shape);
  return withPixels(x, (value, n, j, k) => value - means.at(n, j, k));
}

export function divisive(v: Grid, shape: Window, threshold = 1e-4): Grid {
  const sigma = localDeviations(v, shape);
  const [batch, height, width] = sigma.shape;
  const c = Array.from({ length: batch }, (_, n) => {
    const own = sigma.values.slice(n * height * width, (n + 1) * height * width);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
  return withPixels(v, (value, n, j, k) => value / Math.max(c[n], sigma.at(n, j, k), threshold));
}

/**
 * The gradient Σ_o g_o ∂f_o/∂x by central differences of the plain loops. A box must agree with it
 * up to rounding.
 */
export function numericGradient(f: (x: Grid) => Grid, x: Grid, g: Grid): Grid {
  const h = 1e-5;
  const moved = (at: number, by: number) => {
    const values = [...x.values];
    values[at] += by;
    return f(new Grid(x.shape, values)).values;
  };
  const gradient = x.values.map((_, at) => {
    const [up, down] = [moved(at, h), moved(at, -h)];
    return g.values.reduce((sum, value, o) => sum + (value * (up[o] - down[o])) / (2 * h), 0);
  });
  return new Grid(x.shape, gradient);
}

function withPixels(x: Grid, f: (value: number, n: number, j: number, k: number) => number): Grid {
  const [, height, width, maps] = x.shape;
  return new Grid(
    x.shape,
    x.values.map((value, at) => {
      const pixel = Math.floor(at / maps);
      const row = Math.floor(pixel / width);
      return f(value, Math.floor(row / height), row % height, pixel % width);
    }),
  );
}
