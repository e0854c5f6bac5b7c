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
      /**
       * `param` is w, `gradParam` is ∂C/∂w; `buffer` is state of the box that no gradient changes,
       * such as a running mean, and `nextBuffer` the state after this batch.
       */
      readonly kind: 'param' | 'gradParam' | 'buffer' | 'nextBuffer';
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
    case 'buffer':
    case 'nextBuffer':
      return `${ref.kind} ${ref.box} ${ref.name} ${ref.index}`;
    case 'target':
      return `target ${ref.index}`;
    case 'loss':
      return 'loss';
  }
}

/** Reads an address that `refKey` has written; undefined for any other text. */
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
