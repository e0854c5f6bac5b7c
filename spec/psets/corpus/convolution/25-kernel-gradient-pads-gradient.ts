// MISTAKE: The gradient to the kernel pads the output gradient instead of the input.
// TASKS: backpropToParams
const pad = (x: number[], left: number, right: number, boundary: string): number[] => {
  const N = x.length;
  const before: number[] = [];
  const after: number[] = [];
  for (let k = left; k >= 1; k--) {
    if (boundary === 'zeros') before.push(0);
    if (boundary === 'replicate') before.push(x[0]);
    if (boundary === 'reflect') before.push(x[k]);
    if (boundary === 'circular') before.push(x[N - k]);
  }
  for (let k = 1; k <= right; k++) {
    if (boundary === 'zeros') after.push(0);
    if (boundary === 'replicate') after.push(x[N - 1]);
    if (boundary === 'reflect') after.push(x[N - 1 - k]);
    if (boundary === 'circular') after.push(x[k - 1]);
  }
  return [...before, ...x, ...after];
};

const unpad = (g: number[], N: number, left: number, boundary: string): number[] => {
  const dx = g.slice(left, left + N);
  for (let q = 0; q < left; q++) {
    const k = left - q;
    if (boundary === 'replicate') dx[0] += g[q];
    if (boundary === 'reflect') dx[k] += g[q];
    if (boundary === 'circular') dx[N - k] += g[q];
  }
  for (let q = left + N; q < g.length; q++) {
    const k = q - left - N + 1;
    if (boundary === 'replicate') dx[N - 1] += g[q];
    if (boundary === 'reflect') dx[N - 1 - k] += g[q];
    if (boundary === 'circular') dx[k - 1] += g[q];
  }
  return dx;
};

export const forward = (x: number[], w: number[], boundary: string): number[] => {
  const left = (w.length - 1) >> 1;
  const wide = pad(x, left, w.length - 1 - left, boundary);
  return x.map((_, i) => w.reduce((s, wm, m) => s + wide[i + m] * wm, 0));
};

export const backpropToInput = (
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: string,
): number[] => {
  const left = (w.length - 1) >> 1;
  const wide = new Array<number>(x.length + w.length - 1).fill(0);
  gradOutput.forEach((g, i) => w.forEach((wm, m) => (wide[i + m] += g * wm)));
  return unpad(wide, x.length, left, boundary);
};

export const backpropToParams = (
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: string,
): number[] => {
  const left = (w.length - 1) >> 1;
  const wide = pad(x, left, w.length - 1 - left, boundary);
  const wideGrad = pad(gradOutput, left, w.length - 1 - left, boundary);
  return w.map((_, m) => x.reduce((s, v, i) => s + v * wideGrad[i + m], 0));
};
