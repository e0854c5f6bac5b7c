import { reshape, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, checkSize, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { perPosition, samePositions } from '../lib/window.ts';

/** The values that `ChannelShuffle` keeps for its backward method. */
export interface ChannelShuffleCache {
  readonly shape: number[];
}

/**
 * Takes one channel of each group in turn: the first channel of every group, then the second ones,
 * and so on. After a convolution with groups, the next one then sees channels of all groups.
 *
 *   forward          x_out[..., k·G + g] = x_in[..., g·K + k]
 *   backpropToInput  ∂C/∂x_in[..., g·K + k] = ∂C/∂x_out[..., k·G + g]
 *
 * with G groups of K channels each, g < G and k < K. The gradient is shuffled with K groups.
 *
 * Shapes: input, output, gradOutput [N, ..., G·K].
 * Errors: an input or gradOutput that is not a float tensor; channels that are not a multiple of
 *         the groups; a gradOutput whose shape differs from the output's.
 * Source: Zhang et al. 2017, "ShuffleNet", arXiv:1707.01083, section 3.1; PyTorch's
 *         nn.ChannelShuffle.
 *
 *     const box = new ChannelShuffle(2);
 *     box.infer(tensor2d([[1, 2, 3, 10, 20, 30]]));   // [[1, 10, 2, 20, 3, 30]]
 */
export class ChannelShuffle extends Module<Tensor, Tensor, ChannelShuffleCache> {
  override readonly hidesInfinity = false;
  readonly groups: number;

  /** @param groups G, at least 1. */
  constructor(groups: number) {
    super();
    checkSize(this, 'groups', groups);
    this.groups = groups;
  }

  forward(input: Tensor): ForwardResult<Tensor, ChannelShuffleCache> {
    checkInput(this, input, 2);
    this.#groupSize(input.shape);
    return { output: shuffle(input, this.groups), cache: { shape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor, { shape }: ChannelShuffleCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return shuffle(gradOutput, this.#groupSize(shape));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    const [groups, size] = [this.groups, this.#groupSize(input)];
    const source = perPosition((channel) => [
      (channel % groups) * size + Math.floor(channel / groups),
    ]);
    return { outputShape: input, window: samePositions(input, source), multiplyAdds: 0 };
  }

  /** Returns K, the number of channels of a group. */
  #groupSize(shape: Shape): number {
    const channels = shape[shape.length - 1];
    if (channels % this.groups === 0) return channels / this.groups;
    throw new BoxError(
      [`${nameOf(this)}.forward`],
      `expected input of shape [N, ..., channels * ${this.groups}], got [${shape.join(', ')}]`,
    );
  }
}

function shuffle(x: Tensor, groups: number): Tensor {
  const channels = x.shape[x.rank - 1];
  return tidy(() => {
    const apart = reshape(x, [x.size / channels, groups, channels / groups]);
    return reshape(transpose(apart, [0, 2, 1]), x.shape);
  });
}
