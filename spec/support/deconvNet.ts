/** A layer of `DeconvNet`: a convolution, a rectifier, and perhaps a max pooling. */
export interface Layer {
  readonly maps: number;
  readonly kernel: readonly [number, number];
  readonly padding: number;
  readonly stride: number;
  readonly pool?: {
    readonly size: readonly [number, number];
    readonly stride: readonly [number, number];
  };
}

/** Values [height, width, maps]. */
interface Maps {
  readonly values: number[];
  readonly size: readonly [height: number, width: number, maps: number];
}

const at = ([, width, maps]: Maps['size'], y: number, x: number, c: number) =>
  (y * width + x) * maps + c;

const zeros = (size: Maps['size']): Maps => ({
  values: new Array<number>(size[0] * size[1] * size[2]).fill(0),
  size,
});

/**
 * The deconvolutional network of Zeiler & Fergus 2013, sections 2 and 2.1, as plain loops written
 * from the paper: a convnet whose layers filter, rectify, pool and normalize, and above it, layer
 * by layer, unpooling by the switches, rectification, and the transposed filters.
 */
export class DeconvNet {
  readonly #layers: readonly Layer[];
  readonly #weights: readonly (readonly number[])[];
  readonly #norm: { size: number; alpha: number; beta: number; k: number };

  /** @param weights the filters [K_h, K_w, in, out] and biases of each layer, alternately. */
  constructor(
    layers: readonly Layer[],
    weights: readonly (readonly number[])[],
    norm: { size: number; alpha: number; beta: number; k: number },
  ) {
    this.#layers = layers;
    this.#weights = weights;
    this.#norm = norm;
  }

  /** The reconstruction of the largest activation of a map of the last layer. */
  project(image: number[], size: Maps['size'], unit: number): number[] {
    let maps: Maps = { values: image, size };
    const sizes: Maps['size'][] = [];
    const switches: (readonly number[] | undefined)[] = [];
    this.#layers.forEach((layer, l) => {
      sizes.push(maps.size);
      maps = this.#filter(maps, layer, l);
      maps = { ...maps, values: maps.values.map((value) => Math.max(0, value)) };
      sizes.push(maps.size);
      const pooled = layer.pool && pool(maps, layer.pool);
      switches.push(pooled?.switches);
      maps = this.#normalized(pooled?.maps ?? maps);
    });
    // All activations except one are set to zero.
    let best = unit;
    for (let i = unit; i < maps.values.length; i += maps.size[2])
      if (maps.values[i] > maps.values[best]) best = i;
    let signal: Maps = zeros(maps.size);
    signal.values[best] = maps.values[best];
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const own = switches[l];
      if (own) {
        const unpooled = zeros(sizes[2 * l + 1]);
        own.forEach((place, i) => (unpooled.values[place] += signal.values[i]));
        signal = unpooled;
      }
      signal = { ...signal, values: signal.values.map((value) => Math.max(0, value)) };
      signal = this.#transposed(signal, sizes[2 * l], l);
    }
    return signal.values;
  }

  #filter(input: Maps, { maps, kernel, padding, stride }: Layer, l: number): Maps {
    const [height, width] = input.size;
    const side = (of: number, k: number) => Math.floor((of + 2 * padding - k) / stride) + 1;
    const output = zeros([side(height, kernel[0]), side(width, kernel[1]), maps]);
    const biases = this.#weights[2 * l + 1];
    this.#each(input.size, output.size, l, (from, to, weight) => {
      output.values[to] += weight * input.values[from];
    });
    output.values.forEach((_, i) => (output.values[i] += biases[i % maps]));
    return output;
  }

  #transposed(signal: Maps, size: Maps['size'], l: number): Maps {
    const output = zeros(size);
    this.#each(size, signal.size, l, (from, to, weight) => {
      output.values[from] += weight * signal.values[to];
    });
    return output;
  }

  /** Visits each product of a convolution. */
  #each(
    input: Maps['size'],
    output: Maps['size'],
    l: number,
    visit: (from: number, to: number, weight: number) => void,
  ): void {
    const { kernel, padding, stride } = this.#layers[l];
    const weights = this.#weights[2 * l];
    for (let i = 0; i < output[0]; i++) {
      for (let j = 0; j < output[1]; j++) {
        for (let p = 0; p < kernel[0]; p++) {
          for (let q = 0; q < kernel[1]; q++) {
            const [y, x] = [i * stride + p - padding, j * stride + q - padding];
            if (y < 0 || y >= input[0] || x < 0 || x >= input[1]) continue;
            for (let c = 0; c < input[2]; c++) {
              for (let k = 0; k < output[2]; k++) {
                const weight = weights[((p * kernel[1] + q) * input[2] + c) * output[2] + k];
                visit(at(input, y, x, c), at(output, i, j, k), weight);
              }
            }
          }
        }
      }
    }
  }

  #normalized({ values, size }: Maps): Maps {
    const { alpha, beta, k, size: channels } = this.#norm;
    const reach = Math.floor(channels / 2);
    const out = values.map((value, i) => {
      const c = i % size[2];
      let sum = 0;
      for (let j = Math.max(0, c - reach); j <= Math.min(size[2] - 1, c + reach); j++)
        sum += values[i - c + j] ** 2;
      return value / (k + (alpha / channels) * sum) ** beta;
    });
    return { values: out, size };
  }
}

/** The largest value of each window, and its place, the switch. */
function pool(
  { values, size: [height, width, maps] }: Maps,
  { size, stride }: NonNullable<Layer['pool']>,
): { maps: Maps; switches: number[] } {
  const rows = Math.floor((height - size[0]) / stride[0]) + 1;
  const columns = Math.floor((width - size[1]) / stride[1]) + 1;
  const switches: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let c = 0; c < maps; c++) {
        let best = at([height, width, maps], i * stride[0], j * stride[1], c);
        for (let p = 0; p < size[0]; p++) {
          for (let q = 0; q < size[1]; q++) {
            const place = at([height, width, maps], i * stride[0] + p, j * stride[1] + q, c);
            if (values[place] > values[best]) best = place;
          }
        }
        switches.push(best);
      }
    }
  }
  const pooled = switches.map((place) => values[place]);
  return { maps: { values: pooled, size: [rows, columns, maps] }, switches };
}
