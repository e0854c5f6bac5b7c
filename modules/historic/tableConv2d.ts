import {
  gather,
  pad,
  reshape,
  tensor1d,
  tidy,
  type Rank,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkShape,
  checkSize,
  checkTensor,
} from '../../lib/check.ts';
import { BoxError, show } from '../../lib/errors.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import {
  checkPadding,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type Pair,
} from '../../lib/geometry.ts';
import {
  createParam,
  glorotUniform,
  zeros,
  type Initializer,
} from '../../lib/init/initializers.ts';
import {
  groupedConv2d,
  groupedConv2dToFilter,
  groupedConv2dToInput,
} from '../../lib/kernels/conv2d/groupedConv2d.ts';
import { sumLeading } from '../../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import { describeWindows, perPosition, slidingAxis } from '../../lib/window.ts';

/** The options of `TableConv2D`. */
export interface TableConv2DOptions {
  /** s, in pixels; 1 by default. */
  readonly stride?: Pair;
  /**
   * The number of zeros that are added on each side, or a pair of such numbers; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `TableConv2D` keeps for its backward methods. */
export interface TableConv2DCache {
  readonly images: Tensor4D;
  readonly geometry: Geometry;
}

/**
 * A convolution in which each output channel sees only the input channels that a table lists for
 * it. The table reduces the number of connections, and forces the channels to find different
 * features.
 *
 *   forward            x_out[n,i,j,o] = b[o] + Σ_{k: o(k)=o} Σ_pq
 *                                         x_in[n, i·s + p − t, j·s + q − t, c(k)] w[p,q,k]
 *   backpropToInput    ∂C/∂x_in[n,y,x,c] = Σ_{k: c(k)=c} Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x}
 *                                            g[n,i,j,o(k)] w[p,q,k]
 *   backpropToParams   ∂C/∂w[p,q,k] = Σ_nij x_in[n, i·s + p − t, j·s + q − t, c(k)] g[n,i,j,o(k)]
 *                      ∂C/∂b[o] = Σ_nij g[n,i,j,o]
 *
 * with g = ∂C/∂x_out, stride s and t zeros of padding before the first pixel (both per axis).
 * Connection k leads from input channel c(k) to output channel o(k). Connections are numbered in
 * the order of the table, and only they have weights. The box computes a full convolution whose
 * other weights are 0.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', table.length], H' as in
 *         `Conv2D`; weight [K_h, K_w, connections]; bias [table.length].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; a table with an empty row, with a channel that does not exist, or with a channel
 *         twice in one row; bad sizes; a random `init` without `rng`.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, table I. Initial weights: Glorot & Bengio 2010,
 *         biases 0.
 *
 *     const box = new TableConv2D(3, [[0, 1], [1, 2], [0, 2]], 5, { rng: new Rng(0) });
 *     box.infer(images);   // [N, H − 4, W − 4, 3]
 */
export class TableConv2D extends Module<Tensor4D, Tensor4D, TableConv2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R3>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  readonly inChannels: number;
  readonly outChannels: number;
  /** For each output channel, the input channels that it sees. */
  readonly table: readonly (readonly number[])[];
  readonly connections: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;

  /** @param table lists, for each output channel, the input channels that it sees. */
  constructor(
    inChannels: number,
    table: readonly (readonly number[])[],
    kernelSize: Pair,
    options: TableConv2DOptions = {},
  ) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'bias', 'init', 'rng']);
    const { bias = true, init = glorotUniform, rng } = options;
    checkSize(this, 'inChannels', inChannels);
    checkTable(table, inChannels);
    this.inChannels = inChannels;
    this.outChannels = table.length;
    this.table = table.map((row) => [...row]);
    this.connections = table.flat().length;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    const [height, width] = this.kernelSize;
    // The fan-in and fan-out of a unit that has the average number of connections.
    const weights = height * width * this.connections;
    const fan = { fanIn: weights / this.outChannels, fanOut: weights / inChannels };
    this.params = {
      weight: createParam(this, 'weight', [height, width, this.connections], fan, init, rng),
      ...(bias && { bias: createParam<Rank.R1>(this, 'bias', [this.outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, TableConv2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input.shape);
    const output = tidy(() => groupedConv2d(input, this.filters(), geometry, 1, this.params.bias));
    return { output, cache: { images: input.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor4D, { images, geometry }: TableConv2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images.shape, geometry));
    return tidy(() => groupedConv2dToInput(gradOutput, this.filters(), geometry, 1));
  }

  override backpropToParams(gradOutput: Tensor4D, { images, geometry }: TableConv2DCache) {
    checkGradOutput(
      this,
      'backpropToParams',
      gradOutput,
      this.#outputShape(images.shape, geometry),
    );
    const weight = tidy(() => {
      const all = groupedConv2dToFilter(images, gradOutput, geometry, 1);
      const [height, width] = this.kernelSize;
      const flat = reshape(all, [height * width, this.inChannels * this.outChannels]);
      const weights = gather(flat, tensor1d(this.#indices(), 'int32'), 1);
      return reshape<Rank.R3>(weights, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input);
    const { height, width } = geometry;
    return {
      outputShape: this.#outputShape(input, geometry),
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis)),
        channels: perPosition((channel) => this.table[channel]),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  override describe(): string {
    const filters = describeWindows(this, 'always');
    return `${this.outChannels} ${filters}, ${this.connections} connections`;
  }

  /**
   * Creates the weights of the equivalent full convolution, [K_h, K_w, inChannels, outChannels].
   * The caller disposes them.
   */
  filters(): Tensor4D {
    return tidy(() => {
      const [height, width] = this.kernelSize;
      const flat = reshape<Rank.R2>(this.params.weight, [height * width, this.connections]);
      const zero: [number, number][] = [
        [0, 0],
        [0, 1],
      ];
      // Pairs of channels without a connection use the column of zeros after the last weight.
      const columns = new Int32Array(this.inChannels * this.outChannels).fill(this.connections);
      this.#indices().forEach((index, k) => (columns[index] = k));
      const all = gather(pad(flat, zero), tensor1d(columns, 'int32'), 1);
      return reshape(all, [height, width, this.inChannels, this.outChannels]);
    });
  }

  /**
   * The index of each connection among the inChannels · outChannels connections of a full
   * convolution.
   */
  #indices(): Int32Array {
    return Int32Array.from(
      this.table.flatMap((row, o) => row.map((c) => c * this.outChannels + o)),
    );
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }

  #outputShape([batch]: Shape, { height, width }: Geometry) {
    return [batch, height.output, width.output, this.outChannels];
  }
}

function checkTable(table: readonly (readonly number[])[], inChannels: number): void {
  const good = (row: readonly number[]) =>
    row.length > 0 &&
    new Set(row).size === row.length &&
    row.every((channel) => Number.isSafeInteger(channel) && channel >= 0 && channel < inChannels);
  const wrong = table.findIndex((row) => !good(row));
  if (table.length > 0 && wrong < 0) return;
  throw new BoxError(
    ['TableConv2D'],
    `expected a table whose rows each list channels from 0 to ${inChannels - 1} once, ` +
      (wrong < 0 ? 'got none' : `got ${show([...table[wrong]])} in row ${wrong}`),
  );
}
