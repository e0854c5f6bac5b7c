/** The sizes of a tensor, the batch first and the channels last. */
export type Shape = readonly number[];

/** A range of positions along an axis, both ends included. */
export type Interval = readonly [first: number, last: number];

/**
 * From a range of output positions along an axis to the range of input positions that they depend
 * on; undefined if they depend on none, as padding does.
 */
export type Dependency = (outputs: Interval) => Interval | undefined;

/** How a window slides along one axis of an image or a sequence. */
export interface AxisWindow {
  /** The input positions that one output position depends on: (kernel − 1) · dilation + 1. */
  readonly size: number;
  /** The distance between the windows of two neighbours: the stride; 1/2 where a box doubles. */
  readonly step: number;
  /** The exact dependency, borders included. */
  readonly inputsOf: Dependency;
}

/** A window over the positions of an image, [N, height, width, C], or of a sequence, [N, L, C]. */
export interface PositionWindow {
  /** One per axis between the batch and the channels. */
  readonly axes: readonly AxisWindow[];
  readonly channels: Dependency;
}

/**
 * The part of its input that an element of a box's output depends on:
 *
 * - `'identity'`: the output has the values of the input in the same order, in inference; its shape
 *   may differ (Identity, Dropout, Flatten, Reshape);
 * - `'elementwise'`: the element at the same place (ReLU, BatchNorm in inference, Sum);
 * - `'channels'`: all channels at the same position (Softmax, LayerNorm of vectors);
 * - `'global'`: the whole input (Linear);
 * - `'globalPerChannel'`: all positions of the same channel (GlobalAvgPool2D);
 * - a `PositionWindow`: a window that slides (Conv2D, MaxPool2D).
 *
 * Statistics that a normalization takes over an example do not count; `Facts.statistics` says that
 * there are some.
 */
export type InputWindow =
  'identity' | 'elementwise' | 'channels' | 'global' | 'globalPerChannel' | PositionWindow;

/**
 * The facts that a box states about itself for inputs of given shapes. A fact that is left out is
 * unknown, and every reader of the fact says so.
 */
export interface Facts {
  /** The shape of the output, batch included. */
  readonly outputShape?: Shape;
  /** A list has one window per input of a box that takes several tensors. */
  readonly window?: InputWindow | readonly InputWindow[];
  /**
   * Whether an output also depends on statistics of its example, such as a mean, that reach beyond
   * the window. A receptive field does not count them.
   */
  readonly statistics?: boolean;
  /**
   * The products that are added up for one example: each weight as often as it is used. Other
   * arithmetic does not count.
   */
  readonly multiplyAdds?: number;
  /**
   * The range of the output's values, whatever the input: [0, Infinity] of a ReLU, [−1, 1] of a
   * tanh.
   */
  readonly range?: readonly [low: number, high: number];
}
