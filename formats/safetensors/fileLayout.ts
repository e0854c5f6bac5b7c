import type { Tensor } from '@tensorflow/tfjs-core';
import type { Stored } from './layout.ts';

/**
 * The names and forms that a network's variables have in a file of another framework. `torchLayout`
 * and `torchvisionLayout` return such a layout.
 */
export interface FileLayout {
  /**
   * The form of each variable in the file, by the variable's name in the network. A variable
   * without an entry is stored in the same form.
   */
  readonly stored: Readonly<Record<string, Stored>>;
  /** A pattern for names in the file that do not belong to the network. */
  readonly ignored?: RegExp;
}

/** The layout of a file in which variables have the same names and forms as in the network. */
export const AS_IT_IS: FileLayout = { stored: {} };

/** Returns the form of a variable in a file. */
export function storedAs(name: string, { shape }: Tensor, { stored }: FileLayout): Stored {
  return Object.hasOwn(stored, name) ? stored[name] : { name, shape };
}
