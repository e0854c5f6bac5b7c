/** The function h of a pointwise module. */
export type Kind = 'relu' | 'abs' | 'tanh' | 'sigmoid';

/** x_out[i] = h(x_in[i]) */
export function forward(x: number[], kind: Kind): number[] {
  return x.map((v) => {
    switch (kind) {
      case 'relu':
        return Math.max(0, v);
      case 'abs':
        return Math.abs(v);
      case 'tanh':
        return Math.tanh(v);
      case 'sigmoid':
        return 1 / (1 + Math.exp(-v));
    }
  });
}

/** ∂C/∂x_in[i] = ∂C/∂x_out[i] · h'(x_in[i]); 0 at the kinks of relu and abs */
export function backpropToInput(gradOutput: number[], x: number[], kind: Kind): number[] {
  const y = forward(x, kind);
  return gradOutput.map((g, i) => {
    switch (kind) {
      case 'relu':
        return x[i] > 0 ? g : 0;
      case 'abs':
        return g * Math.sign(x[i]);
      case 'tanh':
        return g * (1 - y[i] ** 2);
      case 'sigmoid':
        return g * y[i] * (1 - y[i]);
    }
  });
}
