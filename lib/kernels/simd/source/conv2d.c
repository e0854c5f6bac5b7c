#include "axis.h"

/** The images of a convolution: some of the channels of a batch. */
struct Images {
  const float *values;
  /** The numbers of channels: of those that take part, and of all in a pixel. */
  int channels, pixel;
  struct Axis height, width;
};

/** The cells of some rows of windows of an image. Cells in the padding are stored as zeros. */
struct Strip {
  const float *cells;
  /** The number of cells of a row. */
  int width;
  /** Whether some cells may be padding. */
  int isPadded;
};

INLINE void copyValues(float *to, const float *from, int count) {
  int k = 0;
  for (; k + 3 < count; k += 4) store(to + k, load(from + k));
  for (; k < count; k++) to[k] = from[k];
}

/**
 * Returns the cells that `rows` rows of windows read, from row `row` on. If no window reaches into
 * the padding and all channels take part, the cells are in the image. Otherwise they are copied.
 */
INLINE struct Strip strip(const struct Images *x, int image, int row, int rows, float *copy) {
  const struct Axis h = x->height, w = x->width;
  const int top = row * h.stride - h.before;
  const float *values = x->values + image * h.input * w.input * x->pixel;
  if (x->channels == x->pixel && isInside(&h) && isInside(&w)) {
    return (struct Strip){values + (top * w.input - w.before) * x->pixel, w.input, 0};
  }
  const int width = reach(&w, w.output);
  const int left = least(most(w.before, 0), width);
  const int past = most(least(w.input + w.before, width), left);
  float *to = copy;
  for (int y = top; y < top + reach(&h, rows); y++, to += width * x->channels) {
    if (y < 0 || y >= h.input) {
      fillZeros(to, width * x->channels);
      continue;
    }
    fillZeros(to, left * x->channels);
    const float *from = values + (y * w.input + left - w.before) * x->pixel;
    if (x->channels == x->pixel) {
      copyValues(to + left * x->channels, from, (past - left) * x->channels);
    } else {
      for (int k = left; k < past; k++, from += x->pixel)
        copyValues(to + k * x->channels, from, x->channels);
    }
    fillZeros(to + past * x->channels, (width - past) * x->channels);
  }
  return (struct Strip){copy, width, !(isInside(&h) && isInside(&w))};
}

/** A convolution, whose filters `pack` has packed. */
struct Conv2d {
  struct Images x;
  const float *filters;
  float *y;
  /** The biases, or null. */
  const float *bias;
  int outputs;
  /** The distances between the images, rows and pixels of y. */
  int yImage, yRow, yPixel;
  /** The largest number of rows of a strip. */
  int stripRows;
  /**
   * The number of neighbouring pixels that leave out a tap together, if it lies in the padding of
   * all of them:
   *
   * - 4 if all filter values are finite, because their products with the padding are 0;
   * - 1 if one is not finite, and its product with the padding, which is NaN, must not appear;
   * - 0 if this NaN must appear: no tap is left out.
   */
  int alike;
};

INLINE void convPanel(const struct Conv2d *p, const struct Strip *cells, float *y, int row,
                      int rows, int column, const int vectors) {
  const struct Images *x = &p->x;
  const struct Axis *h = &x->height, *w = &x->width;
  const int channels = x->channels;
  const int taps = h->kernel * w->kernel * channels;
  const float *filters = p->filters + taps * column;
  const int count = least(p->outputs - column, 4 * vectors);
  // Without dilation, the taps of a row of the kernel are contiguous.
  const int joined = w->dilation == 1;
  struct Left left = {{0}, h->kernel, h->dilation * cells->width * channels,
                      joined ? 1 : w->kernel, w->dilation * channels,
                      joined ? w->kernel * channels : channels, 0};
  f4 bias[2] = {{0}, {0}};
  if (p->bias) {
#define LANE(k) if (count > k) bias[k / 4][k % 4] = p->bias[column + k];
    LANE(0) LANE(1) LANE(2) LANE(3) LANE(4) LANE(5) LANE(6) LANE(7)
#undef LANE
  }
  const int pixels = rows * w->output;
  const int rowStep = h->stride * cells->width * channels, pixelStep = w->stride * channels;
  int i = 0, j = 0;
  const float *at = cells->cells;
  const int alone = cells->isPadded && p->alike == 1;
  for (int pixel = 0; pixel < pixels; pixel += alone ? 1 : 4) {
    float *to[4];
    const int top = i, start = j;
    int bottom = i, end = j;
    // A tile has four pixels. If fewer are left, or one is computed alone, the others repeat a
    // pixel.
#pragma clang loop unroll(full)
    for (int m = 0; m < 4; m++) {
      left.row[m] = at + j * pixelStep;
      to[m] = y + i * p->yRow + j * p->yPixel + column;
      bottom = i, end = j;
      if (alone ? m < 3 || pixel == pixels - 1 : pixel + m >= pixels - 1) continue;
      if (++j == w->output) j = 0, i++, at += rowStep;
    }
    const float *right = filters;
    if (cells->isPadded && p->alike) {
      // Taps that lie in the padding of all pixels of the tile are left out.
      const struct Taps down = tapsInside(h, row + top, row + bottom);
      const struct Taps across =
          top == bottom ? tapsInside(w, start, end) : (struct Taps){0, w->kernel};
      const int offset = down.first * left.outerStep + across.first * left.innerStep;
#pragma clang loop unroll(full)
      for (int m = 0; m < 4; m++) left.row[m] += offset;
      const int taps = across.past - across.first;
      left.outer = down.past - down.first;
      if (joined) left.run = taps * channels;
      else left.inner = taps;
      left.skip = (w->kernel - taps) * channels * 4 * vectors;
      right += (down.first * w->kernel + across.first) * channels * 4 * vectors;
    }
    f4 sum[4][2];
#pragma clang loop unroll(full)
    for (int m = 0; m < 4; m++) sum[m][0] = bias[0], sum[m][1] = bias[1];
    multiply(sum, &left, right, vectors, 0, 1);
#pragma clang loop unroll(full)
    for (int m = 0; m < 4; m++) put(to[m], 1, sum[m][0], sum[m][1], count, 0);
  }
}

/**
 * Computes the rows first ... past − 1 of the output, where the rows of all images are counted.
 *
 *     y[n,i,j,o] = Σ_pqc x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,o] (+ b[o])
 */
KERNEL(conv2d)(const struct Conv2d *args, int first, int past, float *scratch) {
  const struct Conv2d p = *args;
  const int output = p.x.height.output;
  int rows;
  for (int at = first; at < past; at += rows) {
    const int image = at / output, row = at % output;
    rows = least(least(output - row, past - at), p.stripRows);
    const struct Strip cells = strip(&p.x, image, row, rows, scratch);
    float *y = p.y + image * p.yImage + row * p.yRow;
    for (int column = 0; column < p.outputs; column += PANEL) {
      if (panelWidth(p.outputs, column) == PANEL) convPanel(&p, &cells, y, row, rows, column, 2);
      else convPanel(&p, &cells, y, row, rows, column, 1);
    }
  }
}

/** Up to this number of outputs, the terms of four taps are read from the cells without a copy. */
#define FEW 24

/** The gradient of the filters. */
struct Conv2dFilter {
  struct Images x;
  const float *g;
  float *gradFilters;
  int batch, outputs;
  /** The number of channels of a pixel of g, and the length of a row of gradFilters. */
  int gPixel, gradRow;
  int stripRows;
  /** The largest number of images in a strip. It is above 1 only if a strip has whole images. */
  int stripImages;
};

/** Copies the gradients of some windows into panels of columns, as `pack` does. */
INLINE void packGradients(float *to, const float *g, int windows, int pixel, int outputs) {
  for (int column = 0; column < outputs; column += PANEL) {
    const int width = panelWidth(outputs, column), count = least(outputs - column, width);
    const float *from = g + column;
    for (int k = 0; k < windows; k++, from += pixel, to += width) {
      if (count == PANEL) store(to, load(from)), store(to + 4, load(from + 4));
      else if (count == 4) store(to, load(from));
      else
        for (int c = 0; c < width; c++) to[c] = c < count ? from[c] : 0;
    }
  }
}

/**
 * Sets the left factor to the cells of four taps (p, q, c). Returns whether the taps are neighbours
 * in memory.
 */
INLINE int tapsOf(struct Left *left, const struct Images *x, const struct Strip *cells, int tap) {
  const struct Axis *h = &x->height, *w = &x->width;
  const int last = h->kernel * w->kernel * x->channels - 1;
  const int rowStep = cells->width * x->channels;
#pragma clang loop unroll(full)
  for (int m = 0; m < 4; m++) {
    const int t = least(tap + m, last), place = t / x->channels;
    left->row[m] = cells->cells + place / w->kernel * h->dilation * rowStep +
                   place % w->kernel * w->dilation * x->channels + t % x->channels;
  }
  return left->row[1] == left->row[0] + 1 && left->row[2] == left->row[0] + 2 &&
         left->row[3] == left->row[0] + 3;
}

/** Copies the terms of four taps side by side, window after window. */
INLINE void packTerms(float *to, const struct Left *left, int adjacent, int step) {
  for (int o = 0; o < left->outer; o++) {
    for (int i = 0; i < left->inner; i++) {
      int at = o * left->outerStep + i * left->innerStep;
      for (int k = 0; k < left->run; k++, at += step, to += 4) {
        if (adjacent) store(to, load(left->row[0] + at));
        else
          store(to, (f4){left->row[0][at], left->row[1][at], left->row[2][at], left->row[3][at]});
      }
    }
  }
}

/** A longer row of windows is summed in parts of this size, and the sums of the parts are added. */
#define WINDOWS 1024

/** Computes the gradients of four taps and a panel of outputs, from the windows of a strip. */
INLINE void filterTile(const struct Conv2dFilter *p, struct Left left, const float *right, int tap,
                       int column, int isFirst, int isPacked, int adjacent, int step) {
  const int taps = p->x.height.kernel * p->x.width.kernel * p->x.channels;
  const int width = panelWidth(p->outputs, column);
  const int count = least(p->outputs - column, width);
  const int isLong = left.outer * left.inner == 1 && left.run > WINDOWS, windows = left.run;
  for (int from = 0; from < windows; from += isLong ? WINDOWS : windows) {
    if (isLong) left.run = least(windows - from, WINDOWS);
    f4 sum[4][2] = {{{0}}};
#define TILE(vectors)                                                     \
  if (isPacked) multiply(sum, &left, right, vectors, 1, 4);               \
  else if (adjacent) multiply(sum, &left, right, vectors, 1, step);       \
  else multiply(sum, &left, right, vectors, 0, step)
    if (width == PANEL) TILE(2);
    else TILE(1);
#undef TILE
#pragma clang loop unroll(full)
    for (int m = 0; m < 4; m++) {
      left.row[m] += left.run * (isPacked ? 4 : step);
      if (tap + m >= taps) continue;
      float *to = p->gradFilters + (tap + m) * p->gradRow + column;
      put(to, 1, sum[m][0], sum[m][1], count, !isFirst || from > 0);
    }
    right += left.run * width;
  }
}

/**
 * Computes the taps (p, q, c) of the gradient of the filters from 4·first to 4·past − 1.
 *
 *     ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,o]
 *
 * Each strip is summed by itself and then added to the gradient, because short sums have small
 * rounding errors.
 */
KERNEL(conv2dFilter)(const struct Conv2dFilter *args, int first, int past, float *scratch) {
  const struct Conv2dFilter p = *args;
  const struct Axis *h = &p.x.height, *w = &p.x.width;
  const int copy = reach(h, p.stripRows) * reach(w, w->output) * p.x.channels;
  float *gradients = scratch + p.stripImages * copy;
  float *terms =
      gradients + p.stripImages * p.stripRows * w->output * panelsWidth(p.outputs);
  const int step = w->stride * p.x.channels;
  int images, isFirst = 1;
  for (int n = 0; n < p.batch; n += images) {
    images = least(p.stripImages, p.batch - n);
    for (int row = 0; row < h->output; row += p.stripRows) {
      const int rows = least(h->output - row, p.stripRows);
      const int windows = images * rows * w->output;
      const struct Strip cells = strip(&p.x, n, row, rows, scratch);
      int imageStep = 0;
      for (int k = 1; k < images; k++)
        imageStep = (strip(&p.x, n + k, row, rows, scratch + k * copy).cells - cells.cells) / k;
      const float *g = p.g + (n * h->output + row) * w->output * p.gPixel;
      packGradients(gradients, g, windows, p.gPixel, p.outputs);
      for (int tap = 4 * first; tap < 4 * past; tap += 4) {
        struct Left left = {{0}, images, imageStep, rows, h->stride * cells.width * p.x.channels,
                            w->output, 0};
        const int adjacent = tapsOf(&left, &p.x, &cells, tap);
        // The terms of the four taps are far apart in memory. If many panels read them, a copy in
        // which they lie side by side is faster.
        const int isPacked = p.outputs > FEW;
        if (isPacked) {
          packTerms(terms, &left, adjacent, step);
          left = (struct Left){{terms}, 1, 0, 1, 0, windows, 0};
        }
        for (int column = 0; column < p.outputs; column += PANEL)
          filterTile(&p, left, gradients + windows * column, tap, column, isFirst, isPacked,
                     adjacent, step);
      }
      isFirst = 0;
    }
  }
}
