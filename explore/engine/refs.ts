/**
 * The address of one number of a chain of boxes. Place 0 of the activations is the input of the
 * first box, and place k is the output of box k − 1, which is the input of box k.
 */
export type Ref =
  | {
      /** `activation` is x, and `gradient` is ∂C/∂x at the same place. */
      readonly kind: 'activation' | 'gradient';
      readonly place: number;
      /** The index of the tensor, if the box takes a list of tensors; otherwise 0. */
      readonly part: number;
      readonly index: number;
    }
  | {
      /**
       * `param` is w, and `gradParam` is ∂C/∂w. `buffer` is state of the box that is not learned,
       * such as a running mean, and `nextBuffer` is this state after the update by the batch.
       */
      readonly kind: 'param' | 'gradParam' | 'buffer' | 'nextBuffer';
      readonly box: number;
      readonly name: string;
      readonly index: number;
    }
  | { readonly kind: 'target'; readonly index: number }
  | { readonly kind: 'loss' };

/** Formats an address as text, such as `gradient 2 0 5`. Equal addresses have equal texts. */
export function refKey(ref: Ref): string {
  switch (ref.kind) {
    case 'activation':
    case 'gradient':
      return `${ref.kind} ${ref.place} ${ref.part} ${ref.index}`;
    case 'param':
    case 'gradParam':
    case 'buffer':
    case 'nextBuffer':
      return `${ref.kind} ${ref.box} ${ref.name} ${ref.index}`;
    case 'target':
      return `target ${ref.index}`;
    case 'loss':
      return 'loss';
  }
}

/** Parses an address that `refKey` has formatted. Returns undefined for any other text. */
export function parseRef(text: string): Ref | undefined {
  const [kind, a, b, c] = text.split(' ');
  const isIndex = (...parts: (string | undefined)[]) =>
    parts.every((part) => /^\d+$/.test(part ?? ''));
  switch (kind) {
    case 'activation':
    case 'gradient':
      return isIndex(a, b, c)
        ? { kind, place: Number(a), part: Number(b), index: Number(c) }
        : undefined;
    case 'param':
    case 'gradParam':
    case 'buffer':
    case 'nextBuffer':
      return isIndex(a, c) ? { kind, box: Number(a), name: b, index: Number(c) } : undefined;
    case 'target':
      return isIndex(a) ? { kind, index: Number(a) } : undefined;
    case 'loss':
      return { kind };
    default:
      return undefined;
  }
}
