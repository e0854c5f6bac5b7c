import { brief } from '../safetensors/safetensorsHeader.ts';
import type { ReadAt } from '../tensorFile.ts';
import { PickleDict, TorchStorage, type PickleValue, type StorageFacts } from './pickleValues.ts';
import { MAX_PICKLE, type TorchContent } from './torchContent.ts';
import { torchNames } from './torchObjects.ts';
import { unpickle, type PickleNames } from './unpickle.ts';

/** The first object in a file that torch.save has written, its magic number. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** The second object, the version of the format. */
const PROTOCOL = 1001;
/** The number of bytes that are read first. Most pickles are smaller. */
const FIRST_READ = 2 ** 20;
const LENGTH_BYTES = 8;

/**
 * Opens a file that torch.save has written in a version before 1.6. It has five pickles: the magic
 * number, the version, data about the machine, the object, and the keys of its storages. For each
 * storage, the number of its elements in 8 bytes follows, and then the elements.
 *
 * Errors: those of `unpickle`; a pickle that torch.save did not write; storages beyond the end of
 *          the file.
 *
 * Source: torch/serialization.py, `_legacy_save`.
 */
export async function openTorchLegacy(
  size: number,
  readAt: ReadAt,
  fail: (problem: string) => Error,
): Promise<TorchContent> {
  const { root, keys, end, storages } = await readPickles(size, readAt, fail);
  const starts = new Map<string, number>();
  let position = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage?.width === undefined || starts.has(key))
      throw fail(
        `storage ${brief(key)}: expected one known class, got ${storage?.className ?? 'none'}`,
      );
    const start = position + LENGTH_BYTES;
    const isThere = start + storage.length * storage.width <= size;
    const length = isThere ? await readLength(position, readAt) : undefined;
    if (length !== BigInt(storage.length)) {
      const got = length === undefined ? 'the file ends before them' : `got ${length}`;
      throw fail(`storage ${brief(key)}: expected ${storage.length} elements, ${got}`);
    }
    starts.set(key, start);
    position = start + storage.length * storage.width;
  }
  const startOf = ({ key }: StorageFacts) => starts.get(key);
  return {
    root,
    pickleBytes: end,
    bytesOf: (storage) =>
      startOf(storage) === undefined ? undefined : storage.length * (storage.width ?? 0),
    startOf(storage) {
      const start = startOf(storage);
      return start === undefined
        ? Promise.reject(fail(`storage ${storage.key} is missing`))
        : Promise.resolve(start);
    },
  };
}

async function readLength(position: number, readAt: ReadAt): Promise<bigint> {
  const { buffer } = await readAt(position, LENGTH_BYTES);
  return new DataView(buffer).getBigInt64(0, true);
}

/**
 * Reads the five pickles. Their size is unknown, so more of the file is read until they are
 * complete.
 */
async function readPickles(size: number, readAt: ReadAt, fail: (problem: string) => Error) {
  for (let length = FIRST_READ; ; length *= 4) {
    const bytes = await readAt(0, Math.min(length, size, MAX_PICKLE));
    const storages = new Map<string, StorageFacts>();
    const names = recording(torchNames(fail), storages, fail);
    const values: PickleValue[] = [];
    let end: number | undefined = 0;
    while (end !== undefined && values.length < 5) {
      const content = unpickle(bytes, end, names, fail);
      end = content?.end;
      if (content !== undefined) values.push(content.value);
      checkStart(values, fail);
    }
    if (end !== undefined) {
      const [, , , root, keys] = values;
      const isKeys = Array.isArray(keys) && keys.every((key) => typeof key === 'string');
      if (!isKeys) throw fail('expected a list of the keys of storages, got other values');
      return { root, keys, end, storages };
    }
    if (bytes.length === size) throw fail('the pickles end before their last instruction');
    if (bytes.length === MAX_PICKLE)
      throw fail(`expected pickles of at most ${MAX_PICKLE} bytes, got more`);
  }
}

/**
 * Throws if torch.save did not write the file. It is called as soon as the first objects are known.
 */
function checkStart([magic, protocol, machine]: PickleValue[], fail: (problem: string) => Error) {
  if (magic !== undefined && magic !== MAGIC)
    throw fail('expected a file of torch.save, got a pickle of another program');
  if (protocol !== undefined && protocol !== PROTOCOL)
    throw fail(`expected version ${PROTOCOL} of torch.save, got another`);
  if (machine instanceof PickleDict && machine.get('little_endian') === false)
    throw fail('expected a little-endian file, got a big-endian one');
}

/** Records the storages that a pickle names. Two storages with the same key must be the same. */
function recording(
  { call, persistent }: PickleNames,
  storages: Map<string, StorageFacts>,
  fail: (problem: string) => Error,
): PickleNames {
  return {
    call,
    persistent(id) {
      const storage = persistent(id);
      if (!(storage instanceof TorchStorage)) return storage;
      const { key, className, length } = storage.facts;
      const other = storages.get(key) ?? storage.facts;
      if (other.className !== className || other.length !== length)
        throw fail(`storage ${brief(key)} has two classes or lengths`);
      storages.set(key, other);
      return storage;
    },
  };
}
