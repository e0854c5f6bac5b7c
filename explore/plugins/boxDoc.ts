/** An argument or option of a box. */
export interface OptionDoc {
  readonly name: string;
  /** The type in TypeScript, such as `Pair` or `boolean`. */
  readonly type: string;
  readonly doc: string;
  readonly required: boolean;
}

/** The docstring of a box or cost, in parts. */
export interface BoxDoc {
  /** The path of the source in the repository. */
  readonly file: string;
  readonly summary: string;
  /** The lines of the equations of `forward`, `backpropToInput` and `backpropToParams`. */
  readonly equations: Readonly<Record<string, readonly string[]>>;
  readonly notes: string;
  readonly shapes?: string;
  readonly errors?: string;
  readonly source?: string;
  readonly parameters: readonly OptionDoc[];
  readonly options: readonly OptionDoc[];
}
