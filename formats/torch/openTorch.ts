import { InputError } from '../../lib/errors.ts';
import { numElements } from '../../lib/shapes.ts';
import { DTYPES } from '../safetensors/dtypes.ts';
import { brief } from '../safetensors/safetensorsHeader.ts';
import type { ReadAt, TensorFile, TensorInfo } from '../tensorFile.ts';
import { readParts } from '../parts.ts';
import { gather, isContiguous } from './gather.ts';
import type { TorchView } from './pickleValues.ts';
import { findStateDict } from './stateDict.ts';
import type { TorchContent } from './torchContent.ts';
import { openTorchLegacy } from './torchLegacy.ts';
import { openTorchZip } from './torchZip.ts';

/**
 * Opens a file that torch.save has written, `.pth` or `.pt`. It is a zip file, or has the format
 * from before PyTorch 1.6. Nothing in it is executed, and nothing is trusted: every tensor is
 * checked against its storage and the size of the file before memory is allocated. A view may
 * repeat elements, but a tensor may not be larger than the file.
 *
 * Errors: an invalid or unsafe file; a file that contains a whole module; a dtype that is not
 *         supported, such as complex64 or float8.
 * @param file the name of the file, for error messages.
 * @param form the format of the file, which its first bytes show.
 */
export async function openTorch(
  file: string,
  form: 'zip' | 'pickle',
  size: number,
  readAt: ReadAt,
): Promise<TensorFile> {
  const fail = (problem: string) => new InputError(`${file}: ${problem}`);
  const read = exactly(file, size, readAt);
  const open = form === 'zip' ? openTorchZip : openTorchLegacy;
  const content = await open(size, read, fail);
  const { tensors, note } = findStateDict(content.root, content.pickleBytes, fail);
  const entries = [...tensors].map(([name, view]) => {
    const place = (problem: string) => fail(`tensor ${brief(name)}: ${problem}`);
    return [name, { name, ...checked(view, content, size, place) }] as const;
  });
  /** Returns the place of a tensor, with a function that reads bytes of its storage. */
  const found = async ({ name }: TensorInfo) => {
    const view = tensors.get(name);
    if (view === undefined) throw fail(`expected a tensor of the file, got ${brief(name)}`);
    const start = await content.startOf(view.storage);
    const inStorage: ReadAt = (position, ...rest) => read(start + position, ...rest);
    return { place: view.place, inStorage };
  };
  return {
    format: 'PyTorch',
    entries: new Map<string, TensorInfo>(entries),
    metadata: new Map(),
    ...(note !== undefined && { note }),
    async read(entry) {
      const { dtype, shape } = entry;
      const { place, inStorage } = await found(entry);
      const buffer = await gather(place, DTYPES[dtype].bytes, inStorage);
      return { dtype, shape, data: DTYPES[dtype].read(buffer) };
    },
    async readParts(entry, use) {
      const { dtype, shape } = entry;
      const { place, inStorage } = await found(entry);
      const { bytes } = DTYPES[dtype];
      if (!isContiguous(place)) {
        use(DTYPES[dtype].read(await gather(place, bytes, inStorage)), 0);
        return;
      }
      const first = place.offset * bytes;
      const readInside: ReadAt = (position, ...rest) => inStorage(first + position, ...rest);
      await readParts(dtype, numElements(shape), readInside, use);
    },
  };
}

/** Returns the dtype and shape of a tensor that can be read. */
function checked(
  { storage, place: { shape } }: TorchView,
  { bytesOf }: TorchContent,
  size: number,
  fail: (problem: string) => InputError,
): Omit<TensorInfo, 'name'> {
  const { dtype, key, length, className } = storage;
  if (dtype === undefined) {
    throw fail(`expected a dtype of ${Object.keys(DTYPES).join(', ')}, got ${brief(className)}`);
  }
  const bytes = length * DTYPES[dtype].bytes;
  const there = bytesOf(storage);
  if (there === undefined) throw fail(`its storage ${brief(key)} is missing`);
  if (bytes > there)
    throw fail(`expected ${bytes} bytes in its storage ${brief(key)}, got ${there}`);
  const needed = numElements(shape) * DTYPES[dtype].bytes;
  if (needed > size) {
    throw fail(
      `expected at most the ${size} bytes of the file, got ${needed} for ${dtype} ${brief(shape)}, ` +
        `a view that repeats its elements: save it with .contiguous()`,
    );
  }
  return { dtype, shape };
}

/**
 * Makes a function that reads exactly the requested number of bytes, and throws if there are fewer.
 */
function exactly(file: string, size: number, readAt: ReadAt): ReadAt {
  return async (position, length, memory) => {
    const bytes = await readAt(position, length, memory);
    if (bytes.length === length) return bytes;
    throw new InputError(`${file}: expected ${size} bytes, the file was cut while it was read`);
  };
}
