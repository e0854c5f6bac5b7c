#include "tile.h"

/*
 * Sums and maps of groups. The elements of x, [outer, rows, groups, columns], with the same index
 * in `outer` and in `groups` are a group, as in groupKernels.ts. A line is a row of groups·columns
 * values.
 */

struct Groups {
  int outer, rows, groups, columns;
};

/** Up to LINES lines, or RUN contiguous values, are added in single precision. */
#define LINES 64
#define RUN 256

struct Sums {
  const float *x, *y;
  /** The numbers that are subtracted in each group are high + low; null stands for 0. */
  const float *high, *low;
  /** Whether the differences are squared. */
  int isSquare;
  /** The partial sums, and the partial sums of the products with y; null without y. */
  double *sums, *products;
  struct Groups of;
};

/** Σ (x − high − low) or Σ (x − high − low)² of `count` contiguous values. */
INLINE double sumOfRun(const float *x, int count, int isSquare, float high, float low) {
  double total = 0;
  for (int from = 0; from < count; from += RUN) {
    const int end = least(from + RUN, count);
    f4 s[4] = {{0}};
    int i = from;
    for (; i + 15 < end; i += 16) {
#pragma clang loop unroll(full)
      for (int m = 0; m < 4; m++) {
        f4 v = load(x + i + 4 * m);
        v = v - high - low;
        s[m] += isSquare ? v * v : v;
      }
    }
    float rest = 0;
    for (; i < end; i++) {
      float v = x[i];
      v = v - high - low;
      rest += isSquare ? v * v : v;
    }
    const f4 t = (s[0] + s[1]) + (s[2] + s[3]);
    total += (double)((t[0] + t[1]) + (t[2] + t[3]) + rest);
  }
  return total;
}

INLINE double productOfRun(const float *x, const float *y, int count) {
  double total = 0;
  for (int from = 0; from < count; from += RUN) {
    const int end = least(from + RUN, count);
    f4 s[2] = {{0}};
    int i = from;
    for (; i + 7 < end; i += 8) {
      s[0] += load(x + i) * load(y + i);
      s[1] += load(x + i + 4) * load(y + i + 4);
    }
    float rest = 0;
    for (; i < end; i++) rest += x[i] * y[i];
    const f4 t = s[0] + s[1];
    total += (double)((t[0] + t[1]) + (t[2] + t[3]) + rest);
  }
  return total;
}

/**
 * Sums the runs first ... past − 1 of groups with one row each, whose values are contiguous.
 */
KERNEL(sumRuns)(const struct Sums *args, int first, int past, float *scratch) {
  const struct Sums p = *args;
  const int columns = p.of.columns;
  for (int run = first; run < past; run++) {
    const float *x = p.x + run * columns;
    const float high = p.high ? p.high[run] : 0, low = p.low ? p.low[run] : 0;
    if (p.isSquare) p.sums[run] = sumOfRun(x, columns, 1, high, low);
    else p.sums[run] = sumOfRun(x, columns, 0, high, low);
    if (p.products) p.products[run] = productOfRun(x, p.y + run * columns, columns);
  }
}

/**
 * Sums some columns over `lines` lines: 16 columns from `column` on, or the whole vectors that are
 * left, or the last one to three columns. Returns the column after them.
 */
INLINE int sumOfLines(const struct Sums *p, const float *x, const float *y, int lines, int width,
                      int column, int outer, double *sums, double *products) {
  const int vectors = least((width - column) / 4, 4);
  f4 high[4] = {{0}}, low[4] = {{0}}, s[4] = {{0}}, t[4] = {{0}};
  if (vectors == 0) {
    for (; column < width; column++) {
      const int group = outer * p->of.groups + column / p->of.columns;
      float sum = 0, product = 0;
      for (int line = 0; line < lines; line++) {
        float v = x[line * width + column];
        if (p->high) v -= p->high[group];
        if (p->low) v -= p->low[group];
        sum += p->isSquare ? v * v : v;
        if (products) product += v * y[line * width + column];
      }
      sums[column] = sum;
      if (products) products[column] = product;
    }
    return column;
  }
  if (p->high) {
    for (int m = 0; m < vectors; m++) {
      for (int k = 0; k < 4; k++) {
        const int group = outer * p->of.groups + (column + 4 * m + k) / p->of.columns;
        high[m][k] = p->high[group];
        if (p->low) low[m][k] = p->low[group];
      }
    }
  }
#define LOOP(count)                                                     \
  for (int line = 0; line < lines; line++) {                            \
    const int at = line * width + column;                               \
    _Pragma("clang loop unroll(full)") for (int m = 0; m < count; m++) { \
      f4 v = load(x + at + 4 * m);                                      \
      if (p->high) v = v - high[m] - low[m];                            \
      s[m] += p->isSquare ? v * v : v;                                  \
      if (products) t[m] += v * load(y + at + 4 * m);                   \
    }                                                                   \
  }
  if (vectors == 4) { LOOP(4) }
  else if (vectors == 3) { LOOP(3) }
  else if (vectors == 2) { LOOP(2) }
  else { LOOP(1) }
#undef LOOP
  for (int m = 0; m < vectors; m++) {
    for (int k = 0; k < 4; k++) {
      sums[column + 4 * m + k] = s[m][k];
      if (products) products[column + 4 * m + k] = t[m][k];
    }
  }
  return column + 4 * vectors;
}

/** Returns the number of blocks of LINES lines into which the rows of one index of `outer` fall. */
INLINE int blocksOf(const struct Groups *of) { return (of->rows + LINES - 1) / LINES; }

/** Sums the columns of the blocks first ... past − 1; a block has LINES lines. */
KERNEL(sumLines)(const struct Sums *args, int first, int past, float *scratch) {
  const struct Sums p = *args;
  const int width = p.of.groups * p.of.columns, blocks = blocksOf(&p.of);
  for (int block = first; block < past; block++) {
    const int outer = block / blocks, line = block % blocks * LINES;
    const int from = (outer * p.of.rows + line) * width;
    const int lines = least(p.of.rows - line, LINES);
    double *sums = p.sums + block * width, *products = p.products ? p.products + block * width : 0;
    for (int column = 0; column < width;)
      column = sumOfLines(&p, p.x + from, p.y + from, lines, width, column, outer, sums, products);
  }
}

/**
 * The arguments of `firstOfGroups`, which writes the first value of each group, or 0 if that is not
 * finite; see `shift` below.
 */
struct Firsts {
  const float *x;
  float *firsts;
  struct Groups of;
};

KERNEL(firstOfGroups)(const struct Firsts *args, int first, int past, float *scratch) {
  const struct Firsts p = *args;
  const int size = p.of.rows * p.of.groups * p.of.columns;
  for (int group = first; group < past; group++) {
    const float value =
        p.x[group / p.of.groups * size + group % p.of.groups * p.of.columns];
    p.firsts[group] = value - value == 0 ? value : 0;
  }
}

/** The arguments of `moments`, which computes values per group from the sums of the group. */
struct Moments {
  const double *sums;
  /** Whether `sums` has one sum per column of each block of lines, not one sum per group. */
  int areBlocks;
  struct Groups of;
  float eps;
  /** The numbers that were subtracted from the values before they were summed, or null. */
  const float *shift;
  /** The results. A result that is not wanted is null. */
  float *sum, *high, *low, *invStd;
};

/** Adds the sums of a group, and writes its sum, its mean, or 1/√(mean + ε). */
KERNEL(moments)(const struct Moments *args, int first, int past, float *scratch) {
  const struct Moments p = *args;
  const int width = p.of.groups * p.of.columns;
  const int blocks = blocksOf(&p.of);
  const double size = (double)p.of.rows * p.of.columns;
  for (int group = first; group < past; group++) {
    double sum = 0;
    if (p.areBlocks) {
      const double *from = p.sums + group / p.of.groups * blocks * width +
                           group % p.of.groups * p.of.columns;
      for (int block = 0; block < blocks; block++, from += width)
        for (int c = 0; c < p.of.columns; c++) sum += from[c];
    } else {
      sum = p.sums[group];
    }
    const double mean = sum / size + (p.shift ? (double)p.shift[group] : 0);
    if (p.sum) p.sum[group] = (float)sum;
    if (p.high) p.high[group] = (float)mean;
    // The remainder of a mean that is not finite would be NaN instead of infinite.
    if (p.low) p.low[group] = mean - mean == 0 ? (float)(mean - (double)(float)mean) : 0;
    if (p.invStd) p.invStd[group] = 1 / __builtin_sqrtf((float)mean + p.eps);
  }
}

/** The arguments of the maps below, which use up to three numbers per group. */
struct Map {
  const float *x, *y;
  const float *a, *b, *c;
  float *z;
  struct Groups of;
};

/** Writes an expression of x, y and the values A, B, C of the group for all elements of lines. */
#define LINEWISE(expression)                                                        \
  const struct Map p = *args;                                                       \
  const int width = p.of.groups * p.of.columns, columns = p.of.columns;             \
  for (int line = first; line < past; line++) {                                     \
    const int from = line * width, outer = line / p.of.rows * p.of.groups;          \
    const float *a = p.a + outer, *b = p.b + outer, *c = p.c + outer;               \
    if (columns == 1) {                                                             \
      int i = 0;                                                                    \
      for (; i + 3 < width; i += 4) {                                               \
        const f4 x = load(p.x + from + i), y = load(p.y + from + i);                \
        const f4 A = load(a + i), B = load(b + i), C = load(c + i);                 \
        store(p.z + from + i, expression);                                          \
      }                                                                             \
      for (; i < width; i++) {                                                      \
        const float x = p.x[from + i], y = p.y[from + i];                           \
        const float A = a[i], B = b[i], C = c[i];                                   \
        p.z[from + i] = expression;                                                 \
      }                                                                             \
    } else {                                                                        \
      for (int group = 0; group < p.of.groups; group++) {                           \
        const float A = a[group], B = b[group], C = c[group];                       \
        int i = from + group * columns;                                             \
        const int end = i + columns;                                                \
        for (; i + 3 < end; i += 4) {                                               \
          const f4 x = load(p.x + i), y = load(p.y + i);                            \
          store(p.z + i, expression);                                               \
        }                                                                           \
        for (; i < end; i++) {                                                      \
          const float x = p.x[i], y = p.y[i];                                       \
          p.z[i] = expression;                                                      \
        }                                                                           \
      }                                                                             \
    }                                                                               \
  }

/** z = ((x − a) − b) c, with the mean a + b and 1/√(σ² + ε) = c. */
KERNEL(standardize)(const struct Map *args, int first, int past, float *scratch) {
  LINEWISE(((x - A) - B) * C)
}

/** z = (x − a − y b) c, with the means a of the gradients and b of their products with x̂ = y. */
KERNEL(standardizeGrad)(const struct Map *args, int first, int past, float *scratch) {
  LINEWISE(((x - A) - y * B) * C)
}

/** z = x a */
KERNEL(scaleLines)(const struct Map *args, int first, int past, float *scratch) {
  LINEWISE(x * A)
}

/** z = x a + b */
KERNEL(scaleAndShiftLines)(const struct Map *args, int first, int past, float *scratch) {
  LINEWISE(x * A + B)
}

/** z = x + a */
KERNEL(shiftLines)(const struct Map *args, int first, int past, float *scratch) {
  LINEWISE(x + A)
}
