#include "axis.h"

/** A pool over windows, and its gradient. */
struct Pool {
  const float *x;
  /** The output of a max pool, and the gradient of the output. */
  const float *y, *g;
  float *to;
  /** One factor per row of windows, and one per column of windows, for averages. */
  const float *rowScale, *columnScale;
  int channels;
  struct Axis height, width;
};

INLINE f4 largest(f4 a, f4 b) { return __builtin_wasm_max_f32x4(a, b); }
INLINE i4 equal(f4 a, f4 b) { return (a == b) | ((a != a) & (b != b)); }
INLINE int same(float a, float b) { return a == b || (a != a && b != b); }

/** The cells of a window inside the input: rows top ... bottom − 1, columns left ... right − 1. */
struct Window {
  int top, bottom, left, right;
};

INLINE struct Window windowAt(const struct Pool *p, int i, int j) {
  const struct Axis *h = &p->height, *w = &p->width;
  const int top = cellOf(h, i, 0), left = cellOf(w, j, 0);
  return (struct Window){most(top, 0), least(top + h->kernel, h->input), most(left, 0),
                         least(left + w->kernel, w->input)};
}

#define EACH_CELL                                   \
  for (int y = at.top; y < at.bottom; y++)          \
    for (int x = at.left; x < at.right; x++)

/** Writes the maximum of each channel over a window of the image `from`. A NaN wins its window. */
INLINE void maxOfWindow(const struct Pool *p, struct Window at, const float *from, float *to) {
  const int channels = p->channels, start = (at.top * p->width.input + at.left) * channels;
  if (channels < 4) {
    for (int c = 0; c < channels; c++) {
      float winner = from[start + c];
      EACH_CELL {
        const float value = from[(y * p->width.input + x) * channels + c];
        if (!(value <= winner || winner != winner)) winner = value;
      }
      to[c] = winner;
    }
    return;
  }
  for (int c = 0; c < channels; c += 4) {
    // The last vector may repeat some channels.
    const int k = least(c, channels - 4);
    f4 winner = load(from + start + k);
    EACH_CELL
      winner = largest(winner, load(from + (y * p->width.input + x) * channels + k));
    store(to + k, winner);
  }
}

/** Writes the sum of each channel over a window of the image `from`, times `scale`. */
INLINE void meanOfWindow(const struct Pool *p, struct Window at, const float *from, float scale,
                         float *to) {
  const int channels = p->channels;
  int c = 0;
  for (; c + 3 < channels; c += 4) {
    f4 sum = splat(0);
    // Each row of the window is summed by itself, because short sums have small rounding errors.
    for (int y = at.top; y < at.bottom; y++) {
      f4 part = splat(0);
      for (int x = at.left; x < at.right; x++)
        part += load(from + (y * p->width.input + x) * channels + c);
      sum += part;
    }
    store(to + c, sum * scale);
  }
  for (; c < channels; c++) {
    float sum = 0;
    EACH_CELL sum += from[(y * p->width.input + x) * channels + c];
    to[c] = sum * scale;
  }
}

/** Computes the rows first ... past − 1 of the output, where the rows of all images are counted. */
INLINE void poolRows(const struct Pool *p, int first, int past, const int isMax) {
  const int columns = p->width.output;
  for (int row = first; row < past; row++) {
    const int image = row / p->height.output, i = row % p->height.output;
    const float *from = p->x + image * p->height.input * p->width.input * p->channels;
    for (int j = 0; j < columns; j++) {
      const struct Window at = windowAt(p, i, j);
      float *to = p->to + (row * columns + j) * p->channels;
      if (isMax) maxOfWindow(p, at, from, to);
      else meanOfWindow(p, at, from, p->rowScale[i] * p->columnScale[j], to);
    }
  }
}

KERNEL(maxPool)(const struct Pool *args, int first, int past, float *scratch) {
  const struct Pool p = *args;
  poolRows(&p, first, past, 1);
}

KERNEL(avgPool)(const struct Pool *args, int first, int past, float *scratch) {
  const struct Pool p = *args;
  poolRows(&p, first, past, 0);
}

/**
 * Computes the gradient of a max pool for the images first ... past − 1: each gradient goes to the
 * first cell of its window that equals the output.
 */
KERNEL(maxPoolGrad)(const struct Pool *args, int first, int past, float *scratch) {
  const struct Pool p = *args;
  const int channels = p.channels, size = p.height.input * p.width.input * channels;
  for (int image = first; image < past; image++) {
    const float *values = p.x + image * size;
    float *to = p.to + image * size;
    fillZeros(to, size);
    for (int i = 0; i < p.height.output; i++) {
      for (int j = 0; j < p.width.output; j++) {
        const struct Window at = windowAt(&p, i, j);
        const int window = ((image * p.height.output + i) * p.width.output + j) * channels;
        int c = 0;
        for (; c + 3 < channels; c += 4) {
          const f4 winner = load(p.y + window + c);
          i4 left = (i4)load(p.g + window + c);
          EACH_CELL {
            const int k = (y * p.width.input + x) * channels + c;
            const i4 won = left & equal(load(values + k), winner);
            store(to + k, load(to + k) + (f4)won);
            left &= ~equal(load(values + k), winner);
          }
        }
        for (; c < channels; c++) {
          int isFound = 0;
          EACH_CELL {
            const int k = (y * p.width.input + x) * channels + c;
            if (isFound || !same(values[k], p.y[window + c])) continue;
            to[k] += p.g[window + c];
            isFound = 1;
          }
        }
      }
    }
  }
}

/** Computes the gradient of `avgPool` for the images first ... past − 1. */
KERNEL(avgPoolGrad)(const struct Pool *args, int first, int past, float *scratch) {
  const struct Pool p = *args;
  const int channels = p.channels, size = p.height.input * p.width.input * channels;
  for (int image = first; image < past; image++) {
    float *to = p.to + image * size;
    fillZeros(to, size);
    for (int i = 0; i < p.height.output; i++) {
      for (int j = 0; j < p.width.output; j++) {
        const struct Window at = windowAt(&p, i, j);
        const float scale = p.rowScale[i] * p.columnScale[j];
        const float *g = p.g + ((image * p.height.output + i) * p.width.output + j) * channels;
        EACH_CELL {
          float *cell = to + (y * p.width.input + x) * channels;
          int c = 0;
          for (; c + 3 < channels; c += 4) store(cell + c, load(cell + c) + load(g + c) * scale);
          for (; c < channels; c++) cell[c] += g[c] * scale;
        }
      }
    }
  }
}
