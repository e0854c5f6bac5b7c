import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openTensorFile } from '../../../formats/openTensorFile.ts';
import type { ReadAt, TensorFile } from '../../../formats/tensorFile.ts';
import { withTensorFile } from '../../../formats/withTensorFile.ts';
import { InputError } from '../../../lib/errors.ts';
import { inputError } from '../../support/inputError.ts';
import { ROOT } from '../../support/runCommand.ts';
import { ENTRY, membersOf, storedZip, type StoredMember } from '../../support/storedZip.ts';

const FOLDER = join(ROOT, 'spec/fixtures/torch');
const fixture = (name: string) => new Uint8Array(readFileSync(join(FOLDER, name)));

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly hex: string;
}
const values = JSON.parse(readFileSync(join(ROOT, 'spec/fixtures/torch.json'), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>;

/** Opens bytes, and notes the ranges that are read. */
function open(bytes: Uint8Array, ranges: [from: number, to: number][] = []): Promise<TensorFile> {
  const readAt: ReadAt = (position, length) => {
    ranges.push([position, position + length]);
    return Promise.resolve(Uint8Array.from(bytes.subarray(position, position + length)));
  };
  return openTensorFile('w.pth', bytes.length, readAt);
}

async function tensorsOf({ entries, read }: TensorFile): Promise<Record<string, Expected>> {
  const tensors: Record<string, Expected> = {};
  for (const entry of entries.values()) {
    const { dtype, shape, data } = await read(entry);
    const { buffer, byteOffset, byteLength } = data;
    tensors[entry.name] = {
      dtype,
      shape,
      hex: Buffer.from(buffer, byteOffset, byteLength).toString('hex'),
    };
  }
  return tensors;
}

test.each(Object.keys(values))('%s equals what torch.load reads, bit for bit', async (name) => {
  await withTensorFile(join(FOLDER, name), async (file) => {
    expect(file).toMatchObject({ format: 'PyTorch', metadata: new Map() });
    expect(await tensorsOf(file)).toEqual(values[name]);
  });
});

test('the fixtures hold every dtype, views of shared storages, and both forms', () => {
  const all = Object.values(values).flatMap((tensors) => Object.values(tensors));
  expect(new Set(all.map(({ dtype }) => dtype)).size).toBe(10);
  expect(Object.keys(values).filter((name) => name.endsWith('.legacy.pth')).length).toBe(3);
});

test('the note says which dict of a checkpoint was read', async () => {
  const noteOf = async (name: string) => (await open(fixture(name))).note;
  expect(await noteOf('plain.pth')).toBe(undefined);
  expect(await noteOf('nested.pth')).toBe(undefined);
  expect(await noteOf('checkpoint.pth')).toBe('the weights are those of "state_dict"');
  expect(await noteOf('ema.pth')).toBe('the weights are those of "model", not "model_ema"');
});

const MODULE = "save the weights with torch.save(model.state_dict(), 'weights.pth')";
const ATTACK =
  'the file calls posix.system, which PyTorch would run: do not open it in Python; boxprop has run nothing';
const REFUSED: Readonly<Record<string, string>> = {
  'module.pth': `expected tensors by name, got a whole module, "__main__.Net": ${MODULE}`,
  'module.legacy.pth': `expected tensors by name, got a whole module, "__main__.Net": ${MODULE}`,
  'modules.pth': `expected tensors by name, got under "model" a whole module, "__main__.Net": ${MODULE}`,
  'modules.legacy.pth': `expected tensors by name, got under "model" a whole module, "__main__.Net": ${MODULE}`,
  'attack.pth': ATTACK,
  'attack.legacy.pth': ATTACK,
  'complex.pth':
    'tensor "w": expected a dtype of F64, F32, I64, I32, I16, I8, U8, BOOL, F16, BF16, got "torch.ComplexFloatStorage"',
  'float8.pth': 'tensor "w": a tensor of torch.float8_e4m3fn is not read: save it as float32',
  'quantized.pth': 'tensor "w": torch._utils._rebuild_qtensor is not read: save it as float32',
  'expanded.pth':
    'tensor "w": expected at most the 1584 bytes of the file, got 40000 for F32 [10000], ' +
    'a view that repeats its elements: save it with .contiguous()',
  'protocol4.pth':
    'expected a pickle of protocol 2, got protocol 4: save the weights without pickle_protocol',
  'tensor.pth': `expected tensors by name, got one tensor without a name: ${MODULE}`,
  'empty.pth': `expected tensors by name, got a dict without any: ${MODULE}`,
  'deflated.pth':
    '"parameters/data.pkl" is compressed, as torch.save never does: save the weights with torch.save again',
};

test.each(Object.entries(REFUSED))('%s is refused', async (name, problem) => {
  rmSync('/tmp/boxprop-executed', { force: true });
  await expect(open(fixture(name))).rejects.toThrow(inputError(`w.pth: ${problem}`));
  expect(existsSync('/tmp/boxprop-executed')).toBe(false);
});

test('every fixture is read or refused in this spec', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(
    [...Object.keys(values), ...Object.keys(REFUSED)].sort(),
  );
});

/** A fixture whose members are changed and written anew. */
function rezipped(change: (members: StoredMember[]) => StoredMember[], zip64 = false) {
  return storedZip(change(membersOf(fixture('parameters.pth'))), zip64);
}

test('a file with sizes and positions of 64 bits is read', async () => {
  const bytes = rezipped((members) => members, true);
  expect(await tensorsOf(await open(bytes))).toEqual(values['parameters.pth']);
});

const forge = (suffix: string, field: keyof typeof ENTRY, value: number) =>
  rezipped((members) =>
    members.map((member) => {
      const isIt = member.name.endsWith(suffix);
      const change = (entry: DataView) => entry.setUint16(ENTRY[field], value, true);
      return isIt ? { ...member, forge: change } : member;
    }),
  );
const without = (suffix: string) =>
  rezipped((members) => members.filter(({ name }) => !name.endsWith(suffix)));
const replaced = (suffix: string, bytes: Uint8Array) =>
  rezipped((members) =>
    members.map((member) => (member.name.endsWith(suffix) ? { ...member, bytes } : member)),
  );
const [PICKLE, ...OTHERS] = membersOf(fixture('parameters.pth'));

test.each<[string, Uint8Array, string]>([
  ['an encrypted member', forge('data/0', 'flags', 1), '"parameters/data/0" is encrypted'],
  [
    'a compressed member',
    forge('data/0', 'method', 8),
    '"parameters/data/0" is compressed, as torch.save never does: save the weights with torch.save again',
  ],
  [
    'two sizes of one member',
    forge('data/0', 'stored', 3),
    '"parameters/data/0": expected one size and position in the directory, got others',
  ],
  [
    'a member over another',
    forge('data/0', 'header', 0),
    '"parameters/data.pkl": 371 bytes at 0 overlap what follows at 0',
  ],
  [
    'a member twice',
    rezipped((members) => [...members, members[0]]),
    'expected each member once, got "parameters/data.pkl" twice',
  ],
  [
    'no data.pkl',
    without('data.pkl'),
    'expected a zip file of torch.save with one data.pkl, got 0',
  ],
  [
    'two data.pkl',
    storedZip([PICKLE, { ...PICKLE, name: 'other/data.pkl' }, ...OTHERS]),
    'expected a zip file of torch.save with one data.pkl, got 2',
  ],
  ['a missing storage', without('data/0'), 'tensor "plain": its storage "0" is missing'],
  [
    'a storage that is too short',
    replaced('data/1', new Uint8Array(7)),
    'tensor "marked": expected 8 bytes in its storage "1", got 7',
  ],
  [
    'a big-endian file',
    replaced('byteorder', new TextEncoder().encode('big')),
    'expected a little-endian file, got byteorder big',
  ],
  [
    'a pickle that is cut off',
    replaced('data.pkl', PICKLE.bytes.subarray(0, 100)),
    'the pickle ends before its last instruction',
  ],
])('%s is refused', async (_, bytes, problem) => {
  await expect(open(bytes)).rejects.toThrow(inputError(`w.pth: ${problem}`));
});

/** A zip file with one changed byte; the sizes in it stay as they are. */
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = value;
  return copy;
}
const whole = rezipped((members) => members);
/** The position of the header of the storage 0 in `whole`, and that of the end of the directory. */
const header = Buffer.from(whole).indexOf('parameters/data/0') - 30;
const end = whole.length - 22;
const start = new DataView(whole.buffer, whole.byteOffset).getUint32(end + 16, true);

test.each<[string, Uint8Array, string]>([
  [
    'other bytes where a storage begins',
    patched(whole, header, 0),
    `"parameters/data/0": expected its header and 4 bytes from ${header} to ${header + 30 + 17 + 4}, got other bytes`,
  ],
  [
    'a header that is longer than its member',
    patched(whole, header + 28, 1),
    `"parameters/data/0": expected its header and 4 bytes from ${header} to ${header + 30 + 17 + 4}, got other bytes`,
  ],
  [
    'a directory beyond the file',
    patched(whole, end + 19, 1),
    `expected a directory of members within the file, got ${end - start} bytes at ${start + 2 ** 24}`,
  ],
  [
    'a directory elsewhere',
    patched(whole, end + 16, whole[end + 16] ^ 1),
    `expected a directory of members, got other bytes at ${start ^ 1}`,
  ],
])('%s is refused', async (_, bytes, problem) => {
  const opening = open(bytes).then(({ entries, read }) =>
    Promise.all([...entries.values()].map((entry) => read(entry))),
  );
  await expect(opening).rejects.toThrow(inputError(`w.pth: ${problem}`));
});

test('a comment at the end that holds the end of a directory does not hide the real one', async () => {
  const comment = new Uint8Array(40);
  new DataView(comment.buffer).setUint32(5, 0x06054b50, true);
  const commented = Uint8Array.from([...patched(whole, end + 20, comment.length), ...comment]);
  expect(await tensorsOf(await open(commented))).toEqual(values['parameters.pth']);
});

test('a cut at any place is refused in one line', async () => {
  for (const name of ['views.pth', 'views.legacy.pth']) {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length += 13) {
      const error = await open(bytes.subarray(0, length)).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InputError);
    }
  }
});

test('a file that shrinks while it is open is refused', async () => {
  const bytes = fixture('plain.pth');
  let end = bytes.length;
  const { entries, read } = await openTensorFile('w.pth', bytes.length, (position, length) =>
    Promise.resolve(Uint8Array.from(bytes.subarray(0, end).subarray(position, position + length))),
  );
  end = 100;
  const entry = entries.get('float32');
  if (entry === undefined) throw new Error('no float32');
  await expect(read(entry)).rejects.toThrow(
    inputError(`w.pth: expected ${bytes.length} bytes, the file was cut while it was read`),
  );
});

test('of a large file, only the directory, the pickle, and the elements of a tensor are read', async () => {
  // The storage of `plain` holds one element; here 10 MB follow it.
  const large = new Uint8Array(1e7);
  const bytes = replaced('data/0', large);
  const ranges: [number, number][] = [];
  const { entries, read } = await open(bytes, ranges);
  const total = () => ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  // 65 KiB are the longest comment of a zip file.
  expect(total()).toBeLessThan(70_000);
  ranges.length = 0;
  const entry = entries.get('plain');
  if (entry === undefined) throw new Error('no plain');
  expect((await read(entry)).data).toEqual(Float32Array.of(0));
  expect(total()).toBe(30 + 4);
});
