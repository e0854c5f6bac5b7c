#include "tile.h"

/*
 * Functions of single elements. A unit is a block of BLOCK elements; a kernel gets a range of blocks.
 */

#define BLOCK 4096

/** Up to three inputs and three outputs of the same size, and up to seven numbers. */
struct Arrays {
  const float *a, *b, *c;
  float *x, *y, *z;
  int size;
  float numbers[7];
};

/** Runs `whole` for vectors at i and `single` for the elements after the last vector. */
#define EACH(whole, single)                             \
  const struct Arrays p = *args;                        \
  const int end = least(past * BLOCK, p.size);          \
  int i = first * BLOCK;                                \
  for (; i + 3 < end; i += 4) { whole; }                \
  for (; i < end; i++) { single; }

INLINE f4 choose(i4 mask, f4 x) { return (f4)((i4)x & mask); }

/** x = max(0, a), NaN where a is NaN. */
KERNEL(relu)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 x = load(p.a + i); store(p.x + i, choose(~(x <= 0), x)),
       p.x[i] = p.a[i] <= 0 ? 0 : p.a[i])
}

/** x = min(0, a), NaN where a is NaN. */
KERNEL(negativePart)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 x = load(p.a + i); store(p.x + i, choose(~(x >= 0), x)),
       p.x[i] = p.a[i] >= 0 ? 0 : p.a[i])
}

/** x = a · 1[b > 0], and NaN where a or b is NaN. */
KERNEL(reluGrad)(const struct Arrays *args, int first, int past, float *scratch) {
  EACH(const f4 b = load(p.b + i); const f4 one = choose(b > 0, splat(1)) + choose(b != b, b);
       store(p.x + i, load(p.a + i) * one),
       p.x[i] = p.a[i] * (p.b[i] > 0 ? 1.0f : p.b[i] <= 0 ? 0.0f : p.b[i]))
}

/** Writes 0 to *x if all of a is finite, else NaN. Sums of 0·a are 0 or NaN. */
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
  *p.x = sum0[0] + sum0[1] + sum0[2] + sum0[3];
}

/** Momentum μ: y = μ b + c, x = a − ε y; with Nesterov's x = a − ε (c + μ y). */
KERNEL(momentum)(const struct Arrays *args, int first, int past, float *scratch) {
  const float rate = args->numbers[0], mu = args->numbers[1];
  if (args->numbers[2] != 0) {
    EACH(const f4 g = load(p.c + i); const f4 v = load(p.b + i) * mu + g; store(p.y + i, v);
         store(p.x + i, load(p.a + i) - (g + v * mu) * rate),
         const float g = p.c[i]; const float v = p.b[i] * mu + g; p.y[i] = v;
         p.x[i] = p.a[i] - (g + v * mu) * rate)
  } else {
    EACH(const f4 v = load(p.b + i) * mu + load(p.c + i); store(p.y + i, v);
         store(p.x + i, load(p.a + i) - v * rate),
         const float v = p.b[i] * mu + p.c[i]; p.y[i] = v; p.x[i] = p.a[i] - v * rate)
  }
}

/**
 * Adam's moments of the gradient c, and the change of the parameter:
 *
 *     x = β₁ a + (1 − β₁) c,   y = β₂ b + (1 − β₂) c²,   z = x rate / (√y scale + eps)
 */
KERNEL(adam)(const struct Arrays *args, int first, int past, float *scratch) {
  const float keptMean = args->numbers[0], newMean = args->numbers[1];
  const float keptSquare = args->numbers[2], newSquare = args->numbers[3];
  const float rate = args->numbers[4], scale = args->numbers[5], eps = args->numbers[6];
  EACH(const f4 g = load(p.c + i); const f4 m = load(p.a + i) * keptMean + g * newMean;
       const f4 q = load(p.b + i) * keptSquare + g * g * newSquare;
       store(p.x + i, m); store(p.y + i, q);
       store(p.z + i, m * rate / (__builtin_wasm_sqrt_f32x4(q) * scale + eps)),
       const float g = p.c[i]; const float m = p.a[i] * keptMean + g * newMean;
       const float q = p.b[i] * keptSquare + g * g * newSquare; p.x[i] = m; p.y[i] = q;
       p.z[i] = m * rate / (__builtin_sqrtf(q) * scale + eps))
}
