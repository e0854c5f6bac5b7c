import type { ReadAt } from '../tensorFile.ts';
import { brief } from '../safetensors/safetensorsHeader.ts';

/** A member of a zip file: `size` bytes, stored as they are. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  /** The position of the member's own header, which is followed by its bytes. */
  readonly header: number;
  /** The position of the next member, or of the directory after the last one. */
  readonly end: number;
}

type Fail = (problem: string) => Error;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
/** The longest comment at the end of a zip file. */
const LONGEST_COMMENT = 0xffff;
/** A value in a field of 32 bits that says that the real value is in a field of 64 bits. */
const IN_ZIP64 = 0xffffffff;
/** The id of the extra field that holds those values. */
const ZIP64_EXTRA = 1;
/** The largest directory that is read, in bytes: that of about a million members. */
const MAX_DIRECTORY = 1e8;

/**
 * Reads the directory at the end of a zip file of `size` bytes. The members themselves are not
 * read. Sizes beyond 4 GB are those of zip64.
 *
 * Errors: a file without a directory; a member that is compressed or encrypted, as torch.save never
 *         writes one; members that overlap, or whose name occurs twice; positions beyond the file.
 * @param fail makes the error, with the name of the file.
 *
 * Source: PKWARE, APPNOTE.TXT, 4.3 and 4.5.3. There is no library for it, because none of those
 * that run in a browser and are small returns the position of a member's bytes, or reads a part of
 * them.
 */
export async function readZipDirectory(
  size: number,
  readAt: ReadAt,
  fail: Fail,
): Promise<ReadonlyMap<string, ZipMember>> {
  const { start, bytes } = await findDirectory(size, readAt, fail);
  if (start + bytes > size || bytes > MAX_DIRECTORY)
    throw fail(`expected a directory of members within the file, got ${bytes} bytes at ${start}`);
  const directory = await readAt(start, bytes);
  const view = new DataView(directory.buffer);
  const members: Omit<ZipMember, 'end'>[] = [];
  for (let at = 0; at < bytes;) {
    if (at + ENTRY_BYTES > bytes || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw fail(`expected a directory of members, got other bytes at ${start + at}`);
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes)
      throw fail(`expected a directory of ${bytes} bytes, got one that ends within a member`);
    const name = new TextDecoder().decode(directory.subarray(at + ENTRY_BYTES, nameEnd));
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw fail(`${brief(name)} is encrypted`);
    if (view.getUint16(at + 10, true) !== 0) {
      throw fail(
        `${brief(name)} is compressed, as torch.save never does: save the weights with torch.save again`,
      );
    }
    const placed = placeOf(view, at, nameEnd, extraEnd);
    if (placed === undefined)
      throw fail(`${brief(name)}: expected one size and position in the directory, got others`);
    members.push({ name, ...placed });
    at = end;
  }
  return withoutOverlap(members, start, fail);
}

/**
 * Returns the size and the position of a member, from the fields of 64 bits if they are there;
 * undefined if those are missing, or if the two sizes differ.
 */
function placeOf(view: DataView, at: number, extra: number, extraEnd: number) {
  let next = extra;
  while (next + 4 <= extraEnd && view.getUint16(next, true) !== ZIP64_EXTRA)
    next += 4 + view.getUint16(next + 2, true);
  next += 4;
  const field = (offset: number) => {
    const value = view.getUint32(at + offset, true);
    if (value !== IN_ZIP64) return value;
    next += 8;
    return next <= extraEnd ? Number(view.getBigUint64(next - 8, true)) : undefined;
  };
  const [size, stored, header] = [field(24), field(20), field(42)];
  const isKnown = size !== undefined && size === stored && header !== undefined;
  return isKnown ? { size, header } : undefined;
}

/** Returns the position and the size of the directory. */
async function findDirectory(size: number, readAt: ReadAt, fail: Fail) {
  const length = Math.min(size, END_BYTES + LONGEST_COMMENT + LOCATOR_BYTES);
  const { buffer } = await readAt(size - length, length);
  const view = new DataView(buffer);
  let at = length - END_BYTES;
  const isEnd = () =>
    view.getUint32(at, true) === END_SIGNATURE &&
    view.getUint16(at + 20, true) === length - END_BYTES - at;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw fail('expected a zip file with its directory at the end, the file is cut off');
  const locator = at - LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_SIGNATURE)
    return { start: view.getUint32(at + 16, true), bytes: view.getUint32(at + 12, true) };
  const position = Number(view.getBigUint64(locator + 8, true));
  if (position + END64_BYTES > size)
    throw fail(`expected a directory within the ${size} bytes of the file, got one at ${position}`);
  const end64 = new DataView((await readAt(position, END64_BYTES)).buffer);
  if (end64.getUint32(0, true) !== END64_SIGNATURE)
    throw fail(`expected the end of a zip64 directory, got other bytes at ${position}`);
  return {
    start: Number(end64.getBigUint64(48, true)),
    bytes: Number(end64.getBigUint64(40, true)),
  };
}

/** Checks that no two members share bytes or a name. */
function withoutOverlap(
  members: Omit<ZipMember, 'end'>[],
  directory: number,
  fail: Fail,
): Map<string, ZipMember> {
  members.sort((a, b) => a.header - b.header);
  const byName = new Map<string, ZipMember>();
  for (const [i, member] of members.entries()) {
    const { name, header, size } = member;
    const end = members.at(i + 1)?.header ?? directory;
    if (header + LOCAL_BYTES + size > end)
      throw fail(`${brief(name)}: ${size} bytes at ${header} overlap what follows at ${end}`);
    if (byName.has(name)) throw fail(`expected each member once, got ${brief(name)} twice`);
    byName.set(name, { ...member, end });
  }
  return byName;
}

/** Returns the position of a member's bytes, which its own header tells. */
export async function startOfMember(
  { name, header, size, end }: ZipMember,
  readAt: ReadAt,
  fail: Fail,
): Promise<number> {
  const view = new DataView((await readAt(header, LOCAL_BYTES)).buffer);
  const isHeader = view.getUint32(0, true) === LOCAL_SIGNATURE;
  const start = header + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (isHeader && start + size <= end) return start;
  throw fail(
    `${brief(name)}: expected its header and ${size} bytes from ${header} to ${end}, got other bytes`,
  );
}
