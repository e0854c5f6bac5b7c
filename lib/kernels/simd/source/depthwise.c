#include "axis.h"

/**
 * A convolution of each channel with `multiplier` filters, and its gradients. Channel c·M + m of
 * the output is channel c under its filter m, where M is the multiplier.
 */
struct Depthwise {
  const float *x, *filters, *g;
  float *to;
  int batch, channels, multiplier;
  struct Axis height, width;
};

/** Returns the inputs of the outputs o ... o + 3, which may belong to different channels. */
INLINE f4 under(const float *x, int o, int multiplier) {
  if (multiplier == 1) return load(x + o);
  return (f4){x[o / multiplier], x[(o + 1) / multiplier], x[(o + 2) / multiplier],
              x[(o + 3) / multiplier]};
}

/** Computes the rows first ... past − 1 of the output, where the rows of all images are counted. */
KERNEL(depthwise)(const struct Depthwise *args, int first, int past, float *scratch) {
  const struct Depthwise d = *args;
  const struct Axis *h = &d.height, *w = &d.width;
  const int outputs = d.channels * d.multiplier;
  for (int row = first; row < past; row++) {
    const int image = row / h->output, i = row % h->output;
    const int top = firstTap(h, i), bottom = pastTap(h, i);
    const float *x = d.x + image * h->input * w->input * d.channels;
    for (int j = 0; j < w->output; j++) {
      const int left = firstTap(w, j), right = pastTap(w, j);
      float *to = d.to + (row * w->output + j) * outputs;
#define SUM(type, values, weights)                                                          \
  type sum = {0};                                                                           \
  for (int p = top; p < bottom; p++) {                                                      \
    for (int q = left; q < right; q++) {                                                    \
      const float *at = x + (cellOf(h, i, p) * w->input + cellOf(w, j, q)) * d.channels;    \
      const float *filter = d.filters + (p * w->kernel + q) * outputs;                      \
      sum += (values) * (weights);                                                          \
    }                                                                                       \
  }
      int o = 0;
      for (; o + 3 < outputs; o += 4) {
        SUM(f4, under(at, o, d.multiplier), load(filter + o))
        store(to + o, sum);
      }
      for (; o < outputs; o++) {
        SUM(float, at[o / d.multiplier], filter[o])
        to[o] = sum;
      }
#undef SUM
    }
  }
}

/** Computes the gradient of the images first ... past − 1. */
KERNEL(depthwiseInput)(const struct Depthwise *args, int first, int past, float *scratch) {
  const struct Depthwise d = *args;
  const struct Axis *h = &d.height, *w = &d.width;
  const int outputs = d.channels * d.multiplier, size = h->input * w->input * d.channels;
  for (int image = first; image < past; image++) {
    float *to = d.to + image * size;
    fillZeros(to, size);
    for (int i = 0; i < h->output; i++) {
      for (int j = 0; j < w->output; j++) {
        const float *g = d.g + ((image * h->output + i) * w->output + j) * outputs;
        for (int p = firstTap(h, i); p < pastTap(h, i); p++) {
          for (int q = firstTap(w, j); q < pastTap(w, j); q++) {
            float *cell = to + (cellOf(h, i, p) * w->input + cellOf(w, j, q)) * d.channels;
            const float *filter = d.filters + (p * w->kernel + q) * outputs;
            int o = 0;
            if (d.multiplier == 1) {
              for (; o + 3 < outputs; o += 4)
                store(cell + o, load(cell + o) + load(g + o) * load(filter + o));
            }
            for (; o < outputs; o++) cell[o / d.multiplier] += g[o] * filter[o];
          }
        }
      }
    }
  }
}

/** Computes the taps first ... past − 1 of the gradient of the filters. */
KERNEL(depthwiseFilter)(const struct Depthwise *args, int first, int past, float *scratch) {
  const struct Depthwise d = *args;
  const struct Axis *h = &d.height, *w = &d.width;
  const int outputs = d.channels * d.multiplier;
  double *sums = (double *)scratch;
  for (int tap = first; tap < past; tap++) {
    const int p = tap / w->kernel, q = tap % w->kernel;
    for (int o = 0; o < outputs; o++) sums[o] = 0;
    for (int row = 0; row < d.batch * h->output; row++) {
      const int y = cellOf(h, row % h->output, p);
      if (y < 0 || y >= h->input) continue;
      const float *x = d.x + (row / h->output * h->input + y) * w->input * d.channels;
      const float *g = d.g + row * w->output * outputs;
      // A row is summed in single precision, and the rows in double precision.
#define SUM(type, values, gradients)                                      \
  type sum = {0};                                                         \
  for (int j = 0; j < w->output; j++) {                                   \
    const int column = cellOf(w, j, q);                                   \
    if (column < 0 || column >= w->input) continue;                       \
    const float *at = x + column * d.channels, *grad = g + j * outputs;   \
    sum += (values) * (gradients);                                        \
  }
      int o = 0;
      for (; o + 3 < outputs; o += 4) {
        SUM(f4, under(at, o, d.multiplier), load(grad + o))
        for (int k = 0; k < 4; k++) sums[o + k] += sum[k];
      }
      for (; o < outputs; o++) {
        SUM(float, at[o / d.multiplier], grad[o])
        sums[o] += sum;
      }
#undef SUM
    }
    for (int o = 0; o < outputs; o++) d.to[tap * outputs + o] = (float)sums[o];
  }
}
