/**
 * The address of one number of a chain of boxes. Place 0 of the activations is the input of the
 * first box, place k the output of box k − 1 and the input of box k.
 */
export type Ref =
  | {
      /** `activation` is x, `gradient` is ∂C/∂x, at the same place. */
      readonly kind: 'activation' | 'gradient';
      readonly place: number;
      /** The tensor, where a box takes a list of tensors; otherwise 0. */
      readonly part: number;
      readonly index: number;
    }
  | {
      /** `param` is w, `gradParam` is ∂C/∂w. */
      readonly kind: 'param' | 'gradParam';
      readonly box: number;
      readonly name: string;
      readonly index: number;
    }
  | { readonly kind: 'target'; readonly index: number }
  | { readonly kind: 'loss' };

/** Writes an address as text, such as `gradient 2 0 5`; equal addresses have equal texts. */
export function refKey(ref: Ref): string {
  switch (ref.kind) {
    case 'activation':
    case 'gradient':
      return `${ref.kind} ${ref.place} ${ref.part} ${ref.index}`;
    case 'param':
    case 'gradParam':
      return `${ref.kind} ${ref.box} ${ref.name} ${ref.index}`;
    case 'target':
      return `target ${ref.index}`;
    case 'loss':
      return 'loss';
  }
}
