/** The names of the three methods, in the order of a docstring. */
export const ARROWS = ['forward', 'backpropToInput', 'backpropToParams'] as const;

/** One of the three methods, which are the arrows in the lecture's figure. */
export type Arrow = (typeof ARROWS)[number];

/** An argument or option of a box. */
export interface OptionDoc {
  readonly name: string;
  /** The TypeScript type, such as `Pair` or `boolean`. */
  readonly type: string;
  readonly doc: string;
  readonly required: boolean;
}

/** The parts of the docstring of a box or cost. */
export interface BoxDoc {
  /** The path of the source in the repository. */
  readonly file: string;
  readonly summary: string;
  /** The lines of the equations of each method. */
  readonly equations: Readonly<Partial<Record<Arrow, readonly string[]>>>;
  readonly notes: string;
  readonly shapes?: string;
  readonly errors?: string;
  readonly source?: string;
  readonly parameters: readonly OptionDoc[];
  readonly options: readonly OptionDoc[];
}
