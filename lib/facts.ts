/** The sizes of a tensor, the batch first and the channels last. */
export type Shape = readonly number[];

/** A range of positions along an axis, both ends included. */
export type Interval = readonly [first: number, last: number];

/**
 * A function from a range of output positions along an axis to the range of input positions on
 * which they depend. It returns undefined if they depend on no input position, for example only on
 * padding.
 */
export type Dependency = (outputs: Interval) => Interval | undefined;

/** The windows along one axis of an image or a sequence. */
export interface AxisWindow {
  /**
   * The number of input positions from the first to the last on which one output position depends:
   * (kernel − 1) · dilation + 1 for a convolution.
   */
  readonly size: number;
  /**
   * The distance between the windows of neighbouring output positions: the stride of a convolution;
   * 1/2 if a box doubles the size.
   */
  readonly step: number;
  /** The exact dependency, also at the borders. */
  readonly inputsOf: Dependency;
}

/** A window over the positions of an image, [N, height, width, C], or of a sequence, [N, L, C]. */
export interface PositionWindow {
  /** The windows along each axis between the batch and the channels. */
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
 * Statistics that a normalization computes over an example do not count as a dependency;
 * `Facts.statistics` says whether there are any.
 */
export type InputWindow =
  'identity' | 'elementwise' | 'channels' | 'global' | 'globalPerChannel' | PositionWindow;

/**
 * The facts that a box states about itself for inputs of given shapes. A fact that is left out is
 * unknown, except for `statistics`, which is then false, and `trainingExamples`, which is then 1.
 */
export interface Facts {
  /** The shape of the output, including the batch. */
  readonly outputShape?: Shape;
  /**
   * The window of the box. For a box that takes several tensors, it may be a list with one window
   * per input.
   */
  readonly window?: InputWindow | readonly InputWindow[];
  /**
   * Whether an output also depends on statistics of its example, such as a mean, that reach beyond
   * the window. A receptive field does not count them.
   */
  readonly statistics?: boolean;
  /**
   * The number of multiply-adds for one example. Each weight counts once for each time that it is
   * used. Other arithmetic does not count.
   */
  readonly multiplyAdds?: number;
  /**
   * The range of the output's values for any input, such as [0, Infinity] for a ReLU and [−1, 1]
   * for a tanh.
   */
  readonly range?: readonly [low: number, high: number];
  /**
   * The smallest number of examples in a batch that a forward pass in training accepts; by default
   * 1. It is 2 for a BatchNorm of vectors, because a single value has no variance. `Trainer` throws
   * before the first step if a batch would be smaller.
   */
  readonly trainingExamples?: number;
}
