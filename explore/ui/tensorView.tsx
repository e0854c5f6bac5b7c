import type { JSX } from 'preact';
import type { Ref } from '../engine/refs.ts';
import type { Value } from '../engine/values.ts';
import type { Session } from '../session.ts';
import { NumberGrid } from './numberGrid.tsx';
import { Picture } from './picture.tsx';
import { planesOf, wrapped } from './planes.ts';

/** The largest number of elements that is shown as numbers; larger tensors are pictures. */
const MOST_NUMBERS = 150;

/** The tensor of a view, and the way to its numbers. */
export interface TensorViewProps {
  readonly session: Session;
  readonly value: Value;
  /** The same tensor before the last change. */
  readonly before?: Value | undefined;
  /** The name of the tensor, such as `∂C/∂x_in`. */
  readonly label: string;
  readonly role: 'activation' | 'param';
  /** The address of an element. */
  readonly refOf: (index: number) => Ref;
  /** Whether the reader may change the elements. */
  readonly editable?: boolean;
  /** Names of single elements, in place of their positions. */
  readonly names?: readonly string[];
}

/** A tensor: numbers where it is small, signed colours where it is large. */
export function TensorView(props: TensorViewProps): JSX.Element {
  const { value, role } = props;
  const planes = planesOf(value.shape, role);
  return value.values.length <= MOST_NUMBERS && planes.every(({ columns }) => columns <= 12) ? (
    <NumberGrid {...props} planes={planes} />
  ) : (
    <Picture {...props} planes={planes.map(wrapped)} />
  );
}
