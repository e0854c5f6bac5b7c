/** A PNG that contains digits side by side. */
export interface Sprite {
  /** The path of the PNG, relative to the page. */
  readonly file: string;
  /** The label of each digit, one character per digit, row by row. */
  readonly labels: string;
  /** The number of digits in a row. */
  readonly columns: number;
  /** The height and the width of one digit, in pixels. */
  readonly height: number;
  readonly width: number;
}

/** The sprites of the training and the test digits. */
export interface DigitSprites {
  readonly train: Sprite;
  readonly test: Sprite;
}

/** The reason why the page was built without digits. */
export interface NoDigits {
  readonly problem: string;
}
