import type { Dtype } from '../safetensors/dtypes.ts';
import type { Strided } from './gather.ts';

/** A value of a pickle. A tuple is an array, as a list is. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleDict
  | Global
  | Opaque
  | TorchStorage
  | TorchView;

/** A dict of Python. */
export class PickleDict extends Map<PickleValue, PickleValue> {}

/** The name of a class or function of Python. It is only a name: nothing is looked up or called. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class that is not read: only the name of the class is known. */
export class Opaque {
  readonly className: string;

  constructor(className: string) {
    this.className = className;
  }
}

/** The facts of a storage of PyTorch: consecutive elements that views share. */
export interface StorageFacts {
  /** The name of its class, such as `torch.FloatStorage`. */
  readonly className: string;
  /** Undefined for elements that are not read, such as complex numbers. */
  readonly dtype: Dtype | undefined;
  /** The number of bytes per element; undefined for an unknown class. */
  readonly width: number | undefined;
  readonly key: string;
  /** The number of elements. */
  readonly length: number;
}

/** A storage of PyTorch. */
export class TorchStorage {
  readonly facts: StorageFacts;

  constructor(facts: StorageFacts) {
    this.facts = facts;
  }
}

/**
 * A tensor of PyTorch: element i, j, ... is `storage[offset + i strides[0] + j strides[1] + ...]`.
 */
export class TorchView {
  readonly storage: StorageFacts;
  readonly place: Strided;

  constructor(storage: StorageFacts, place: Strided) {
    this.storage = storage;
    this.place = place;
  }
}

/** Describes a value in an error. */
export function kindOf(value: PickleValue): string {
  if (value instanceof Opaque) return `an object of ${value.className}`;
  if (value instanceof Global) return `the name ${value.name}`;
  if (value instanceof TorchView) return 'one tensor without a name';
  if (value instanceof TorchStorage) return `a ${value.facts.className}`;
  if (value instanceof PickleDict) return 'a dict';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'None' : `a ${typeof value}`;
}
