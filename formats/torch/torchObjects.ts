import { DTYPES, isDtype, type Dtype } from '../safetensors/dtypes.ts';
import { brief, countElements } from '../safetensors/safetensorsHeader.ts';
import {
  Global,
  kindOf,
  Opaque,
  PickleDict,
  TorchStorage,
  TorchView,
  type PickleValue,
} from './pickleValues.ts';
import type { PickleNames } from './unpickle.ts';

/**
 * PyTorch's storage classes, each with the dtype of its elements, or with their size if they are
 * not supported.
 */
const STORAGES: Readonly<Record<string, Dtype | number>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
  UntypedStorage: 1,
};

/** The largest number of axes of a tensor in PyTorch. */
const MAX_AXES = 64;

/**
 * Modules and functions that malicious pickles use to attack the machine on which Python opens
 * them. Such a file could be read here safely, but the user should know about the attack.
 */
const ATTACKS =
  /^(os|posix|nt|subprocess|pty|shutil|socket|runpy|importlib|webbrowser|code|ctypes)\.|^(builtins|__builtin__)\.(eval|exec|execfile|compile|open|__import__)$/;

/**
 * Returns functions that give the names in a pickle of torch.save their meaning: storages, tensors,
 * parameters, sizes, and dicts. An object of any other class becomes an `Opaque`.
 *
 * Errors: a tensor that extends beyond its storage; a name that malicious pickles use.
 * @param fail makes an error that names the file.
 */
export function torchNames(fail: (problem: string) => Error): PickleNames {
  return {
    persistent: (id) => persistentValue(id, fail),
    call(name, args) {
      if (ATTACKS.test(name)) {
        throw fail(
          `the file calls ${name}, which PyTorch would run: do not open it in Python; ` +
            'boxprop has run nothing',
        );
      }
      return Array.isArray(args) ? called(name, args, fail) : new Opaque(name);
    },
  };
}

function called(name: string, args: PickleValue[], fail: (problem: string) => Error): PickleValue {
  const [first] = args;
  switch (name) {
    case 'collections.OrderedDict':
    case 'collections.defaultdict':
      return orderedDict(first);
    case 'torch.Size':
      return Array.isArray(first) ? first : [];
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
      return viewOf(args, fail);
    case 'torch._utils._rebuild_parameter':
    case 'torch._utils._rebuild_parameter_with_state':
      return first ?? null;
    case 'torch._tensor._rebuild_from_type_v2':
      return ofType(args, fail);
    case 'torch._utils._rebuild_tensor_v3': {
      // The dtype is the seventh argument. Tensors of PyTorch's own storages are rebuilt by the
      // second version of the function.
      const dtype = args.at(6);
      return new Opaque(`a tensor of ${dtype instanceof Global ? dtype.name : 'unknown dtype'}`);
    }
    default:
      return new Opaque(name);
  }
}

/** Makes a dict. Python 2 passes its items as a list of pairs. */
function orderedDict(items: PickleValue | undefined): PickleDict {
  const dict = new PickleDict();
  if (!Array.isArray(items)) return dict;
  for (const pair of items)
    if (Array.isArray(pair) && pair.length === 2) dict.set(pair[0], pair[1]);
  return dict;
}

/**
 * Rebuilds a tensor that has attributes or belongs to a subclass:
 * `(function, class, arguments, state)`.
 */
function ofType([callee, , args]: PickleValue[], fail: (problem: string) => Error): PickleValue {
  if (!(callee instanceof Global)) return new Opaque('torch._tensor._rebuild_from_type_v2');
  return callee.name === 'torch._utils._rebuild_tensor_v2' && Array.isArray(args)
    ? viewOf(args, fail)
    : new Opaque(callee.name);
}

/**
 * Reads `('storage', class, key, device, length)`; in old files, a view is the sixth element. For a
 * module class, old files contain its source: `('module', class, file, text)`.
 */
function persistentValue(id: PickleValue, fail: (problem: string) => Error): PickleValue {
  if (Array.isArray(id) && id[0] === 'module' && id[1] instanceof Global) return id[1];
  if (Array.isArray(id) && (id.length === 5 || (id.length === 6 && id[5] === null))) {
    const [tag, type, key, , length] = id;
    const isStorage = tag === 'storage' && type instanceof Global && typeof key === 'string';
    if (isStorage && typeof length === 'number' && isSize(length)) {
      const found = /^torch(?:\.cuda|\.storage)?\.(\w+)$/.exec(type.name)?.[1] ?? '';
      const known = Object.hasOwn(STORAGES, found) ? STORAGES[found] : undefined;
      const dtype = isDtype(known) ? known : undefined;
      const width = isDtype(known) ? DTYPES[known].bytes : known;
      return new TorchStorage({ className: type.name, dtype, width, key, length });
    }
  }
  const got = Array.isArray(id) ? `a list of ${id.length} values` : kindOf(id);
  throw fail(`expected a storage with its class, key, device and length, got ${got}`);
}

/** Converts `(storage, offset, shape, strides, ...)` to a view. */
function viewOf(args: PickleValue[], fail: (problem: string) => Error): TorchView {
  const [storage, offset, shape, strides] = args;
  const isView = storage instanceof TorchStorage && isSizes([offset]);
  const isPlaced = isSizes(shape) && isSizes(strides) && shape.length === strides.length;
  if (!isView || !isPlaced || shape.length > MAX_AXES)
    throw fail('expected a tensor as a storage, an offset, sizes and as many strides, got others');
  const count = countElements(shape);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], Number(offset));
  if (count === undefined || (count > 0 && last >= storage.facts.length)) {
    throw fail(
      `a tensor of shape ${brief(shape)} with strides ${brief(strides)} from ${Number(offset)} ` +
        `reaches beyond its storage of ${storage.facts.length} elements`,
    );
  }
  // The lists are copied, because the pickle may change them after this check.
  const place = { offset: Number(offset), shape: [...shape], strides: [...strides] };
  return new TorchView(storage.facts, place);
}

function isSize(value: PickleValue): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
