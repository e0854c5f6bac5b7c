import type { Dtype } from '../safetensors/dtypes.ts';
import type { Strided } from './gather.ts';

/** A value in a pickle. A tuple is an array, and so is a list. */
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

/** A Python dict. */
export class PickleDict extends Map<PickleValue, PickleValue> {}

/** The name of a Python class or function. It is only a name: nothing is looked up or called. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class that is not supported. Only the name of its class is known. */
export class Opaque {
  readonly className: string;

  constructor(className: string) {
    this.className = className;
  }
}

/** Describes a PyTorch storage, which is a list of consecutive elements that views share. */
export interface StorageFacts {
  /** The name of its class, such as `torch.FloatStorage`. */
  readonly className: string;
  /**
   * The dtype of the elements. It is undefined for elements that are not supported, such as complex
   * numbers.
   */
  readonly dtype: Dtype | undefined;
  /** The number of bytes per element; undefined for an unknown class. */
  readonly width: number | undefined;
  readonly key: string;
  /** The number of elements. */
  readonly length: number;
}

/** A PyTorch storage. */
export class TorchStorage {
  readonly facts: StorageFacts;

  constructor(facts: StorageFacts) {
    this.facts = facts;
  }
}

/** A PyTorch tensor: element i, j, ... is `storage[offset + i strides[0] + j strides[1] + ...]`. */
export class TorchView {
  readonly storage: StorageFacts;
  readonly place: Strided;

  constructor(storage: StorageFacts, place: Strided) {
    this.storage = storage;
    this.place = place;
  }
}

/** Describes the kind of a value, for error messages. */
export function kindOf(value: PickleValue): string {
  if (value instanceof Opaque) return `an object of ${value.className}`;
  if (value instanceof Global) return `the name ${value.name}`;
  if (value instanceof TorchView) return 'one tensor without a name';
  if (value instanceof TorchStorage) return `a ${value.facts.className}`;
  if (value instanceof PickleDict) return 'a dict';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'None' : `a ${typeof value}`;
}
