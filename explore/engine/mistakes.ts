/** The mistakes that the page can build into a box, with the text that the reader sees. */
export const MISTAKES = {
  flip: 'flip the kernel',
  batch: 'drop the sum over the batch',
  overwrite: 'write = for += where windows overlap',
  factor: 'forget a factor',
  pass: 'pass gradOutput on',
  ignore: 'ignore gradOutput',
  transpose: 'transpose',
  sign: 'get the sign wrong',
} as const;

/** A mistake in the backward methods of a box. */
export type Mistake = keyof typeof MISTAKES;
