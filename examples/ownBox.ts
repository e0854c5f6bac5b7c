import { mul, square, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Module, scalar, useBackend } from 'boxprop';
import { gradcheck } from 'boxprop/gradcheck';

/** x_out = x_in², ∂C/∂x_in = ∂C/∂x_out · 2 x_in */
class Square extends Module<Tensor, Tensor, { input: Tensor }> {
  forward(input: Tensor) {
    return { output: square(input), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: { input: Tensor }) {
    return tidy(() => mul(gradOutput, mul(scalar(2), input)));
  }
}

await useBackend();
const report = await gradcheck(new Square(), { input: [2, 3] });
console.log(report.pass ? 'every gradient agrees' : report.results);
