#include "tile.h"

/*
 * Functions of single elements. A unit is a block of BLOCK elements; a kernel gets a range of blocks.
 */

#define BLOCK 4096

/** Up to four arrays of the same size, and up to four numbers. */
struct Arrays {
  const float *a, *b, *c, *d;
  float *y, *z;
  int size;
  float s, t, u, v;
};

/** Runs `whole` for vectors at i and `single` for the elements after the last vector. */
#define EACH(whole, single)                             \
  const struct Arrays p = *args;                        \
  const int end = least(past * BLOCK, p.size);          \
  int i = first * BLOCK;                                \
  for (; i + 3 < end; i += 4) { whole; }                \
  for (; i < end; i++) { single; }

INLINE f4 choose(i4 mask, f4 x) { return (f4)((i4)x & mask); }

/** y = max(0, a), NaN where a is NaN. */
KERNEL(relu)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 x = load(p.a + i); store(p.y + i, choose(~(x <= 0), x)),
       p.y[i] = p.a[i] <= 0 ? 0 : p.a[i])
}

/** y = min(0, a), NaN where a is NaN. */
KERNEL(negativePart)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 x = load(p.a + i); store(p.y + i, choose(~(x >= 0), x)),
       p.y[i] = p.a[i] >= 0 ? 0 : p.a[i])
}

/** y = a · 1[b > 0], and NaN where a or b is NaN. */
KERNEL(reluGrad)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 b = load(p.b + i); const f4 one = choose(b > 0, splat(1)) + choose(b != b, b);
       store(p.y + i, load(p.a + i) * one),
       p.y[i] = p.a[i] * (p.b[i] > 0 ? 1.0f : p.b[i] <= 0 ? 0.0f : p.b[i]))
}

/** Writes 0 to *y if all of a is finite, else NaN. Sums of 0·a are 0 or NaN. */
KERNEL(zeroIfFinite)(const struct Arrays *args, int first, int past, float *scratch) {
  f4 sum0 = splat(0), sum1 = splat(0);
  const f4 zero = splat(0);
  const struct Arrays p = *args;
  int i = 0;
  for (; i + 7 < p.size; i += 8) {
    sum0 += load(p.a + i) * zero;
    sum1 += load(p.a + i + 4) * zero;
  }
  for (; i < p.size; i++) sum0 += splat(p.a[i]) * zero;
  sum0 += sum1;
  *p.y = sum0[0] + sum0[1] + sum0[2] + sum0[3];
}

/** Momentum: z = t b + c, y = a − s z; with Nesterov's (u = 1) y = a − s (c + t z). */
KERNEL(momentum)(const struct Arrays *args, int first, int past, float *scratch) {
  if (args->u != 0) {
    EACH(const f4 g = load(p.c + i); const f4 v = load(p.b + i) * p.t + g; store(p.z + i, v);
         store(p.y + i, load(p.a + i) - (g + v * p.t) * p.s),
         const float g = p.c[i]; const float v = p.b[i] * p.t + g; p.z[i] = v;
         p.y[i] = p.a[i] - (g + v * p.t) * p.s)
  } else {
    EACH(const f4 v = load(p.b + i) * p.t + load(p.c + i); store(p.z + i, v);
         store(p.y + i, load(p.a + i) - v * p.s),
         const float v = p.b[i] * p.t + p.c[i]; p.z[i] = v; p.y[i] = p.a[i] - v * p.s)
  }
}
