import { reshape, tidy, type Rank, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkList, checkRank, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { multiplyEach } from '../lib/kernels/matmul/matMul.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { numElements } from '../lib/shapes.ts';
import { allPositions, samePosition } from '../lib/window.ts';

/** The values that `MatMul` keeps for its backward method. */
export interface MatMulCache {
  readonly a: Tensor;
  readonly b: Tensor;
}

/**
 * The product of two matrices that the network computes, for every example. With q kᵀ it compares
 * all tokens with each other, and with weights times values it sums over them: attention.
 *
 *   forward          X_out = A B, x_out[m,p] = Σ_k a[m,k] b[k,p], for each example and outer index
 *   backpropToInput  ∂C/∂A = ∂C/∂X_out Bᵀ, because ∂x_out[m,p]/∂a[m,k] = b[k,p]
 *                    ∂C/∂B = Aᵀ ∂C/∂X_out, because ∂x_out[m,p]/∂b[k,p] = a[m,k]
 *
 * Shapes: inputs: A [N, ..., M, K] and B [N, ..., K, P]; output, gradOutput [N, ..., M, P].
 * Errors: inputs that are not two float tensors of matrices; a K or outer axes that differ; a
 *         gradOutput whose shape differs from the output's.
 * Source: Vaswani et al. 2017, "Attention is all you need", arXiv:1706.03762, equation 1; ONNX's
 *         `MatMul`.
 *
 *     const box = new MatMul();
 *     box.infer([tensor3d([[[1, 2]]]), tensor3d([[[3], [4]]])]);   // [[[11]]]
 */
export class MatMul extends Module<readonly Tensor[], Tensor, MatMulCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = false;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, MatMulCache> {
    checkList(this, inputs);
    for (const input of inputs) checkInput(this, input, 3);
    const { outputShape } = this.#sizes(inputs.map(({ shape }) => shape));
    const [a, b] = inputs;
    const output = tidy(() => reshape(multiplyEach(matrices(a), matrices(b)), outputShape));
    return { output, cache: { a: a.clone(), b: b.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { a, b }: MatMulCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#sizes([a.shape, b.shape]).outputShape); // prettier-ignore
    return tidy(() => {
      const g = matrices(gradOutput);
      return [
        reshape(multiplyEach(g, matrices(b), false, true), a.shape),
        reshape(multiplyEach(matrices(a), g, true), b.shape),
      ];
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    checkList(this, inputs);
    for (const input of inputs) checkRank(this, input, 3);
    const { outer, rows, inner, columns, outputShape } = this.#sizes(inputs);
    const same = outer.slice(1).map(() => ({ size: 1, step: 1, inputsOf: samePosition }));
    const whole = { size: inner, step: 0, inputsOf: allPositions(inner) };
    return {
      outputShape,
      window: ['channels', { axes: [...same, whole], channels: samePosition }],
      multiplyAdds: numElements(outer.slice(1)) * rows * inner * columns,
    };
  }

  #sizes(shapes: readonly Shape[]) {
    const [a, b] = shapes;
    const outer = a.slice(0, -2);
    const [rows, inner] = a.slice(-2);
    const columns = b?.[b.length - 1];
    const fits = b?.slice(0, -1).join() === [...outer, inner].join();
    if (shapes.length !== 2 || !fits)
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected two inputs [N, ..., M, K] and [N, ..., K, P], got ${shapes.map((shape) => show([...shape])).join(' and ')}`,
      );
    return { outer, rows, inner, columns, outputShape: [...outer, rows, columns] };
  }
}

/** Puts all outer axes of a tensor into one. */
function matrices(x: Tensor): Tensor3D {
  const [rows, columns] = x.shape.slice(-2);
  return reshape<Rank.R3>(x, [x.size / rows / columns, rows, columns]);
}
