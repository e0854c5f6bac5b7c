/** A member of a zip file that is stored as it is. */
export interface StoredMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Changes the fields of the member's entry in the directory, which is then no longer true. */
  readonly forge?: (entry: DataView) => void;
}

/** The offsets of fields in a member's entry in the directory. */
export const ENTRY = { flags: 8, method: 10, stored: 20, size: 24, header: 42 } as const;

/**
 * Writes a zip file as torch.save does, without padding and checksums.
 *
 * @param zip64 whether sizes and positions are in the fields of 64 bits, as in files above 4 GB.
 */
export function storedZip(members: readonly StoredMember[], zip64 = false): Uint8Array {
  const [files, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let position = 0;
  for (const { name: text, bytes, forge } of members) {
    const name = new TextEncoder().encode(text);
    const local = fields(30 + name.length, { 0: 0x04034b50, 18: bytes.length, 22: bytes.length });
    local.setUint16(26, name.length, true);
    put(local, 30, name);
    const extra = zip64 ? 28 : 0;
    const entry = fields(46 + name.length + extra, {
      0: 0x02014b50,
      [ENTRY.stored]: zip64 ? 0xffffffff : bytes.length,
      [ENTRY.size]: zip64 ? 0xffffffff : bytes.length,
      [ENTRY.header]: zip64 ? 0xffffffff : position,
    });
    entry.setUint16(28, name.length, true);
    entry.setUint16(30, extra, true);
    put(entry, 46, name);
    if (zip64) {
      const at = 46 + name.length;
      entry.setUint16(at, 1, true);
      entry.setUint16(at + 2, 24, true);
      [bytes.length, bytes.length, position].forEach((value, k) => {
        entry.setBigUint64(at + 4 + 8 * k, BigInt(value), true);
      });
    }
    forge?.(entry);
    files.push(bytesOf(local), bytes);
    directory.push(bytesOf(entry));
    position += local.byteLength + bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = fields(22, { 0: 0x06054b50, 12: size, 16: position });
  for (const at of [8, 10]) end.setUint16(at, members.length, true);
  const ends = [bytesOf(end)];
  if (zip64) {
    end.setUint32(12, 0xffffffff, true);
    end.setUint32(16, 0xffffffff, true);
    const end64 = fields(56, {
      0: 0x06064b50,
      24: members.length,
      32: members.length,
      40: size,
      48: position,
    });
    const locator = fields(20, { 0: 0x07064b50, 8: position + size });
    ends.unshift(bytesOf(end64), bytesOf(locator));
  }
  return Buffer.concat([...files, ...directory, ...ends]);
}

/** The members of a zip file of torch.save, by their entries in its directory. */
export function membersOf(zip: Uint8Array): StoredMember[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length);
  const end = zip.length - 22;
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    const [length, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + length));
    const header = view.getUint32(at + ENTRY.header, true);
    const [local, localExtra] = [26, 28].map((field) => view.getUint16(header + field, true));
    const start = header + 30 + local + localExtra;
    const bytes = zip.subarray(start, start + view.getUint32(at + ENTRY.size, true));
    at += 46 + length + extra + comment;
    return { name, bytes };
  });
}

function fields(size: number, values: Readonly<Record<number, number>>): DataView {
  const view = new DataView(new ArrayBuffer(size));
  for (const [at, value] of Object.entries(values)) view.setUint32(Number(at), value, true);
  return view;
}

const bytesOf = (view: DataView) => new Uint8Array(view.buffer);

function put(view: DataView, at: number, bytes: Uint8Array): void {
  bytesOf(view).set(bytes, at);
}
