#include "tile.h"

/** A bank of filters, or a matrix, from which `pack` makes panels of columns. */
struct Pack {
  const float *from;
  float *to;
  /** The taps form two nested loops: their numbers, and the distances between neighbours. */
  int outer, outerStep, inner, innerStep;
  /**
   * The number of terms per tap and the number of columns, and the distances between neighbours.
   */
  int terms, termStep, columns, columnStep;
};

/**
 * Copies the columns into panels: the panel from column j on has, for each term of each tap, the
 * columns j ... j + 7, and 0 for a column past the last.
 */
KERNEL(pack)(const struct Pack *args, int first, int past, float *scratch) {
  const struct Pack p = *args;
  const int rows = p.outer * p.inner * p.terms;
  for (int panel = first; panel < past; panel++) {
    const int column = panel * PANEL;
    const int width = panelWidth(p.columns, column);
    const int count = least(p.columns - column, width);
    float *to = p.to + rows * column;
    for (int o = 0; o < p.outer; o++) {
      for (int i = 0; i < p.inner; i++) {
        const float *from =
            p.from + o * p.outerStep + i * p.innerStep + column * p.columnStep;
        for (int k = 0; k < p.terms; k++, to += width, from += p.termStep) {
          if (count == PANEL && p.columnStep == 1) {
            store(to, load(from)), store(to + 4, load(from + 4));
          } else if (count == PANEL) {
            const int s = p.columnStep;
            store(to, (f4){from[0], from[s], from[2 * s], from[3 * s]});
            store(to + 4, (f4){from[4 * s], from[5 * s], from[6 * s], from[7 * s]});
          } else {
            for (int c = 0; c < width; c++) to[c] = c < count ? from[c * p.columnStep] : 0;
          }
        }
      }
    }
  }
}

/** A product C = A B, where `pack` has packed B. */
struct Product {
  const float *a, *b;
  float *c;
  int rows, columns, terms;
  /** The distances between neighbours in a column and in a row of A, and of C. */
  int aRow, aColumn, cRow, cColumn;
};

/**
 * The number of terms that are summed before the sum is added to C. Their panels fit into the
 * cache. If there are more than 256² terms, the number is the square root: then both the sum and
 * the sum of sums are short, and their rounding errors small.
 */
#define TERMS 256
/**
 * The number of columns in a block, whose panels take 256 KB. All rows are computed for one block
 * before the next.
 */
#define COLUMNS 256

INLINE void productTiles(const struct Product *p, int from, int terms, int column, int end,
                         int row, const int adjacent, const int step) {
  struct Left left = {{0}, 1, 0, 1, 0, terms, 0};
  const int last = p->rows - 1;
#pragma clang loop unroll(full)
  for (int m = 0; m < 4; m++)
    left.row[m] = p->a + least(row + m, last) * p->aRow + from * p->aColumn;
  for (; column < end; column += PANEL) {
    const int width = panelWidth(p->columns, column);
    const float *right = p->b + p->terms * column + from * width;
    f4 sum[4][2] = {{{0}}};
    if (width == PANEL) multiply(sum, &left, right, 2, adjacent, step);
    else multiply(sum, &left, right, 1, adjacent, step);
    const int count = least(p->columns - column, width);
#pragma clang loop unroll(full)
    for (int m = 0; m < 4; m++) {
      if (row + m > last) break;
      float *c = p->c + (row + m) * p->cRow + column * p->cColumn;
      put(c, p->cColumn, sum[m][0], sum[m][1], count, from > 0);
    }
  }
}

/** Computes the rows of C from 4·first to 4·past − 1. */
KERNEL(product)(const struct Product *args, int first, int past, float *scratch) {
  const struct Product p = *args;
  const int block = most(TERMS, (int)__builtin_sqrtf((float)p.terms));
  for (int start = 0; start < p.columns; start += COLUMNS) {
    const int end = least(start + COLUMNS, p.columns);
    for (int from = 0; from < most(p.terms, 1); from += block) {
      const int terms = least(p.terms - from, block);
      for (int row = 4 * first; row < 4 * past; row += 4) {
        const int isWhole = row + 4 <= p.rows;
        if (p.aColumn == 1) productTiles(&p, from, terms, start, end, row, 0, 1);
        else if (p.aRow == 1 && isWhole)
          productTiles(&p, from, terms, start, end, row, 1, p.aColumn);
        else productTiles(&p, from, terms, start, end, row, 0, p.aColumn);
      }
    }
  }
}
