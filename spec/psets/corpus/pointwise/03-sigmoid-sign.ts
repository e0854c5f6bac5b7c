// MISTAKE: The sigmoid has the wrong sign in the exponent, so it computes 1/(1 + e^x).
// TASKS: forward
interface Box {
  h(x: number): number;
  slope(x: number): number;
}

const sigmoid = (x: number): number => {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
};

const boxes: Record<string, Box> = {
  relu: {
    h: (x) => (x > 0 ? x : 0),
    slope: (x) => (x > 0 ? 1 : 0),
  },
  abs: {
    h: (x) => (x < 0 ? -x : x),
    slope: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  },
  tanh: {
    h: (x) => 2 * sigmoid(2 * x) - 1,
    slope: (x) => 4 * sigmoid(2 * x) * sigmoid(-2 * x),
  },
  sigmoid: {
    h: (x) => sigmoid(-x),
    slope: (x) => sigmoid(x) * sigmoid(-x),
  },
};

export const forward = (x: number[], kind: string): number[] => x.map(boxes[kind].h);

export const backpropToInput = (gradOutput: number[], x: number[], kind: string): number[] =>
  x.map((v, i) => boxes[kind].slope(v) * gradOutput[i]);
