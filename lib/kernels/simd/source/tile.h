/*
 * The inner loop of every product: a tile of four rows by four or eight columns, whose sums stay in
 * registers. V8 has 16 vector registers; a larger tile would write its sums to memory.
 */
#pragma once

typedef float f4 __attribute__((vector_size(16)));
typedef int i4 __attribute__((vector_size(16)));
/** Four floats at an address that is a multiple of 4, not of 16. */
typedef float f4u __attribute__((vector_size(16), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define KERNEL(name) __attribute__((export_name(#name))) void name

/** The width of a panel of columns. The last panel of a matrix may be half as wide. */
#define PANEL 8

INLINE f4 splat(float x) { return (f4){x, x, x, x}; }
INLINE f4 load(const float *at) { return *(const f4u *)at; }
INLINE void store(float *at, f4 x) { *(f4u *)at = x; }
INLINE int least(int a, int b) { return a < b ? a : b; }
INLINE int most(int a, int b) { return a > b ? a : b; }

INLINE void fillZeros(float *to, int count) {
  for (int k = 0; k < count; k++) to[k] = 0;
}

/** Returns a b + c, with one rounding where the machine has it and the build allows it. */
INLINE f4 madd(f4 a, f4 b, f4 c) {
#ifdef RELAXED
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}

/** Returns the width of the panel that starts at a column. */
INLINE int panelWidth(int columns, int column) { return columns - column <= 4 ? 4 : PANEL; }

/** Returns the sum of the widths of all panels. */
INLINE int panelsWidth(int columns) { return (columns + 3) & ~3; }

/** The left factor of a tile: four rows. The terms of a row lie at several places in memory. */
struct Left {
  const float *row[4];
  /** The places form two nested loops: their numbers, and the distances between neighbours. */
  int outer, outerStep, inner, innerStep;
  /** The number of contiguous terms at each place. */
  int run;
  /** The number of values to skip in the right factor after each outer place. */
  int skip;
};

/**
 * Computes a tile: sum[m] += Σ_k left[m][k] right[k], where right[k] is row k of a panel of
 * `vectors` vectors.
 *
 * `step` is the distance between neighbouring terms at a place. `adjacent` says whether the four
 * rows are neighbours in memory, as the columns of a matrix are. The loop is faster if the caller
 * passes constants.
 */
INLINE void multiply(f4 sum[4][2], const struct Left *left, const float *right, const int vectors,
                     const int adjacent, const int step) {
  f4 s00 = sum[0][0], s10 = sum[1][0], s20 = sum[2][0], s30 = sum[3][0];
  f4 s01 = sum[0][1], s11 = sum[1][1], s21 = sum[2][1], s31 = sum[3][1];
  for (int o = 0; o < left->outer; o++) {
    for (int i = 0; i < left->inner; i++) {
      const int offset = o * left->outerStep + i * left->innerStep;
      const float *a0 = left->row[0] + offset, *a1 = left->row[1] + offset;
      const float *a2 = left->row[2] + offset, *a3 = left->row[3] + offset;
#pragma clang loop unroll(disable)
      for (int k = left->run; k > 0; k--) {
        const f4 b0 = load(right);
        f4 b1;
        f4 x = splat(a0[0]);
        s00 = madd(x, b0, s00);
        if (vectors == 2) b1 = load(right + 4), s01 = madd(x, b1, s01);
        x = splat(adjacent ? a0[1] : a1[0]);
        s10 = madd(x, b0, s10);
        if (vectors == 2) s11 = madd(x, b1, s11);
        x = splat(adjacent ? a0[2] : a2[0]);
        s20 = madd(x, b0, s20);
        if (vectors == 2) s21 = madd(x, b1, s21);
        x = splat(adjacent ? a0[3] : a3[0]);
        s30 = madd(x, b0, s30);
        if (vectors == 2) s31 = madd(x, b1, s31);
        a0 += step;
        if (!adjacent) a1 += step, a2 += step, a3 += step;
        right += 4 * vectors;
      }
    }
    right += left->skip;
  }
  sum[0][0] = s00, sum[1][0] = s10, sum[2][0] = s20, sum[3][0] = s30;
  sum[0][1] = s01, sum[1][1] = s11, sum[2][1] = s21, sum[3][1] = s31;
}

/** Writes `count` sums of a row, or adds them to the values that are already there. */
INLINE void put(float *to, int step, f4 low, f4 high, int count, int add) {
  if (step == 1 && count == PANEL) {
    store(to, add ? load(to) + low : low);
    store(to + 4, add ? load(to + 4) + high : high);
    return;
  }
  if (step == 1 && count == 4) {
    store(to, add ? load(to) + low : low);
    return;
  }
#define LANE(k, x) if (count > k) to[k * step] = add ? to[k * step] + (x) : (x);
  LANE(0, low[0]) LANE(1, low[1]) LANE(2, low[2]) LANE(3, low[3])
  LANE(4, high[0]) LANE(5, high[1]) LANE(6, high[2]) LANE(7, high[3])
#undef LANE
}
