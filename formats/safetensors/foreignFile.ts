import { InputError } from '../../lib/errors.ts';
import { notFetched } from '../../lib/files/notFetched.ts';
import { LENGTH_BYTES } from './safetensorsHeader.ts';

/** The number of bytes at the start of a file from which its format is recognized. */
export const SNIFFED_BYTES = 512;

const TORCH = 'loadWeights and withTensorFile read it, and every command takes it as weights';

const CONVERT_KERAS =
  'save its weights by name with save_file of safetensors.numpy in Python, and name the network here';

/**
 * Throws if the first bytes of a file show that it is not a safetensors file, before its header is
 * read. Reading the header is not enough, because the first 8 bytes of another format may look like
 * the length of a header: those of a gzip file without a time are 559903. The JSON of a header
 * begins with `{`. So a file with `{` after a plausible length is always accepted here.
 *
 * Errors: `model.h5: expected a safetensors file, got HDF5, as of Keras: save ...`; a pointer of
 *         Git LFS, an HTML page, PyTorch, ONNX, gzip, zip, NumPy, GGUF; an empty file.
 * @param first the first bytes of the file, up to `SNIFFED_BYTES`.
 * @param expected the formats that the caller reads.
 */
export function checkSafetensors(
  first: Uint8Array,
  file: string,
  expected = 'a safetensors file',
): void {
  if (startsHeader(first)) return;
  const got = first.length === 0 ? 'an empty file: fetch or write it again' : foreign(first);
  if (got !== undefined) throw new InputError(`${file}: expected ${expected}, got ${got}`);
}

/**
 * Recognizes a file of torch.save by its first bytes: a zip file whose members are in a folder, or
 * a pickle; undefined for any other file.
 */
export function torchForm(first: Uint8Array): 'zip' | 'pickle' | undefined {
  if (startsHeader(first)) return undefined;
  if (textOf(first).startsWith(ZIP)) return firstMember(first).includes('/') ? 'zip' : undefined;
  // A pickle of protocol 2 to 5. The third byte of a pickle is an instruction, and never 0.
  const isPickle = first[0] === 0x80 && first[1] >= 2 && first[1] <= 5 && first[2] !== 0;
  return isPickle ? 'pickle' : undefined;
}

function startsHeader(first: Uint8Array): boolean {
  const isShort = first.subarray(4, LENGTH_BYTES).every((byte) => byte === 0);
  return first.length > LENGTH_BYTES && isShort && first[LENGTH_BYTES] === 0x7b;
}

/** The bytes with which a zip file begins. */
const ZIP = 'PK\x03\x04';

/** The first bytes of the fields 2 to 8 of an ONNX model. */
const ONNX_FIELDS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];

/**
 * Returns the format of a file and advice for the user, or undefined if the format is not
 * recognized.
 */
function foreign(first: Uint8Array): string | undefined {
  const start = textOf(first);
  const form = torchForm(first);
  if (form !== undefined)
    return `${form === 'zip' ? 'a PyTorch file' : 'a pickle, as of PyTorch'}: ${TORCH}`;
  if (start.startsWith(ZIP)) return zipped(firstMember(first));
  if (start.startsWith('\x89HDF\r\n\x1a\n')) return `HDF5, as of Keras: ${CONVERT_KERAS}`;
  if (start.startsWith('\x1f\x8b')) return 'a gzip file: unpack it first with gunzip';
  if (start.startsWith('\x93NUMPY')) {
    return 'a NumPy array: save it with save_file of safetensors.numpy in Python';
  }
  if (start.startsWith('GGUF')) return 'GGUF: take the safetensors file of the same network';
  // The first field of an ONNX model is the version of the format, and one of these fields follows.
  if (first[0] === 0x08 && first[1] <= 32 && ONNX_FIELDS.includes(first[2])) {
    return 'an ONNX model: take the weights that it was exported from';
  }
  return notFetched(first);
}

/**
 * Returns the kind of a zip file and advice for the user. It is recognized by the name of its first
 * member.
 */
function zipped(name: string): string {
  if (/^(?:metadata|config)\.json$/.test(name)) return `a Keras file: ${CONVERT_KERAS}`;
  if (name.endsWith('.npy')) {
    return 'a NumPy archive: save its arrays with save_file of safetensors.numpy in Python';
  }
  return 'a zip file: unpack it first';
}

/** Returns the name of the first member of a zip file. */
function firstMember(first: Uint8Array): string {
  return textOf(first.subarray(30, 30 + first[26] + 256 * first[27]));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, SNIFFED_BYTES));
}
