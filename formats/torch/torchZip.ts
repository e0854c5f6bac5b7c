import type { ReadAt } from '../tensorFile.ts';
import type { StorageFacts } from './pickleValues.ts';
import { MAX_PICKLE, type TorchContent } from './torchContent.ts';
import { torchNames } from './torchObjects.ts';
import { unpickle } from './unpickle.ts';
import { readZipDirectory, startOfMember, type ZipMember } from './zipDirectory.ts';

/**
 * Opens a zip file that torch.save has written. It contains the pickle `NAME/data.pkl`, and one
 * member `NAME/data/KEY` per storage.
 *
 * Errors: those of `readZipDirectory` and `unpickle`; a zip file of another kind; a big-endian
 *          file.
 *
 * Source: torch/serialization.py, `_save`.
 */
export async function openTorchZip(
  size: number,
  readAt: ReadAt,
  fail: (problem: string) => Error,
): Promise<TorchContent> {
  const members = await readZipDirectory(size, readAt, fail);
  const read = async (member: ZipMember) =>
    readAt(await startOfMember(member, readAt, fail), member.size);
  const pickles = [...members.values()].filter(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw fail(`expected a zip file of torch.save with one data.pkl, got ${pickles.length}`);
  const [pickle] = pickles;
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = members.get(`${folder}byteorder`);
  if (order !== undefined && order.size < 10) {
    const text = new TextDecoder().decode(await read(order));
    if (text !== 'little') throw fail(`expected a little-endian file, got byteorder ${text}`);
  }
  if (pickle.size > MAX_PICKLE)
    throw fail(`expected a pickle of at most ${MAX_PICKLE} bytes, got ${pickle.size}`);
  const content = unpickle(await read(pickle), 0, torchNames(fail), fail);
  if (content === undefined) throw fail('the pickle ends before its last instruction');
  const memberOf = ({ key }: StorageFacts) => members.get(`${folder}data/${key}`);
  return {
    root: content.value,
    pickleBytes: pickle.size,
    bytesOf: (storage) => memberOf(storage)?.size,
    startOf(storage) {
      const member = memberOf(storage);
      if (member === undefined) throw fail(`storage ${storage.key} is missing`);
      return startOfMember(member, readAt, fail);
    },
  };
}
