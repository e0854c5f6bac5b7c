import {
  add,
  mul,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { tidy } from './memory.ts';

/** A map of each channel: y = scale · x + shift, with one scale and one shift per channel. */
export interface ChannelMap {
  readonly scale: Tensor1D;
  readonly shift: Tensor1D;
}

/**
 * The parameters of a box whose output is a linear function of its weights, plus a bias per
 * channel.
 */
interface Weights {
  readonly weight: Variable;
  readonly bias?: Variable<Rank.R1>;
}

/**
 * Sets the parameters of a box so that it computes scale · F(x) + shift, where F is the box with
 * the given parameters.
 *
 *     w' = w · scale        b' = b · scale + shift
 *
 * @param to the new box, whose parameters get these values.
 * @param shaped reshapes the scale so that it can be multiplied with the weight.
 * @returns the new box.
 */
export function assignMapped<Box extends { readonly params: Weights }>(
  to: Box,
  { weight, bias }: Weights,
  { scale, shift }: ChannelMap,
  shaped: (scale: Tensor1D) => Tensor = (factors) => factors,
): Box {
  tidy(() => {
    to.params.weight.assign(mul(weight, shaped(scale)));
    to.params.bias?.assign(bias === undefined ? shift : add(mul(bias, scale), shift));
  });
  return to;
}
