#pragma once
#include "tile.h"

/** The windows along one axis, as in geometry.ts. */
struct Axis {
  int input, output, kernel, stride, dilation, before;
};

/** Returns the number of cells that `count` windows reach over. */
INLINE int reach(const struct Axis *axis, int count) {
  return (count - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1;
}

/** Returns whether no window reaches into the padding. */
INLINE int isInside(const struct Axis *axis) {
  return axis->before <= 0 && reach(axis, axis->output) - axis->before <= axis->input;
}

/** Returns the input cell under a tap of a window; outside 0 ... input − 1 it is padding. */
INLINE int cellOf(const struct Axis *axis, int window, int tap) {
  return window * axis->stride + tap * axis->dilation - axis->before;
}

/** Returns the first tap of a window that lies in the input. */
INLINE int firstTap(const struct Axis *axis, int window) {
  const int start = cellOf(axis, window, 0);
  return start >= 0 ? 0 : least((-start + axis->dilation - 1) / axis->dilation, axis->kernel);
}

/** Returns the tap after the last one of a window that lies in the input. */
INLINE int pastTap(const struct Axis *axis, int window) {
  const int room = axis->input - 1 - cellOf(axis, window, 0);
  return room < 0 ? 0 : least(room / axis->dilation + 1, axis->kernel);
}

/** The taps first ... past − 1 of a window. */
struct Taps {
  int first, past;
};

/** Returns the taps that lie in the input in at least one of the windows from ... to. */
INLINE struct Taps tapsInside(const struct Axis *axis, int from, int to) {
  if (cellOf(axis, from, 0) >= 0 && cellOf(axis, to, axis->kernel - 1) < axis->input)
    return (struct Taps){0, axis->kernel};
  const int first = firstTap(axis, to), past = pastTap(axis, from);
  return (struct Taps){first, most(past, first)};
}
