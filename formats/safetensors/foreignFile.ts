import { InputError } from '../../lib/errors.ts';
import { notFetched } from '../../lib/files/notFetched.ts';
import { LENGTH_BYTES } from './safetensorsHeader.ts';

/** The number of bytes at the start of a file from which its format is recognized. */
export const SNIFFED_BYTES = 512;

/** The advice for a PyTorch file. */
const CONVERT_TORCH =
  'convert its state dict in Python: import torch, safetensors.torch as s; ' +
  "s.save_file({k: v.contiguous() for k, v in torch.load('model.pth', map_location='cpu').items()}, " +
  "'model.safetensors')";

const CONVERT_KERAS =
  'save its weights by name with save_file of safetensors.numpy in Python, and name the network here';

/**
 * Throws if the first bytes of a file show that it is not a safetensors file, before its header is
 * read. Reading the header is not enough, because the first 8 bytes of another format may look like
 * the length of a header: those of a gzip file without a time are 559903. The JSON of a header
 * begins with `{`. So a file with `{` after a plausible length is always accepted here.
 *
 * Errors: `model.pth: expected a safetensors file, got a PyTorch file: convert it ...`; a pointer
 *         of Git LFS, an HTML page, HDF5, ONNX, gzip, zip, NumPy, GGUF; an empty file.
 * @param first the first bytes of the file, up to `SNIFFED_BYTES`.
 */
export function checkSafetensors(first: Uint8Array, file: string): void {
  const isHeader = first.subarray(4, LENGTH_BYTES).every((byte) => byte === 0);
  if (first.length > LENGTH_BYTES && isHeader && first[LENGTH_BYTES] === 0x7b) return;
  const got = first.length === 0 ? 'an empty file: fetch or write it again' : foreign(first);
  if (got !== undefined) {
    throw new InputError(`${file}: expected a safetensors file, got ${got}`);
  }
}

/** The first bytes of the fields 2 to 8 of an ONNX model. */
const ONNX_FIELDS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];

/**
 * Returns the format of a file and advice for the user, or undefined if the format is not
 * recognized.
 */
function foreign(first: Uint8Array): string | undefined {
  const start = String.fromCharCode(...first.subarray(0, SNIFFED_BYTES));
  const [zeroth] = first;
  if (start.startsWith('PK\x03\x04')) return zipped(start);
  // A pickle of protocol 2 to 5. The third byte of a pickle is an instruction, and never 0.
  if (zeroth === 0x80 && first[1] >= 2 && first[1] <= 5 && first[2] !== 0)
    return `a pickle, as of PyTorch: ${CONVERT_TORCH}`;
  if (start.startsWith('\x89HDF\r\n\x1a\n')) return `HDF5, as of Keras: ${CONVERT_KERAS}`;
  if (start.startsWith('\x1f\x8b')) return 'a gzip file: unpack it first with gunzip';
  if (start.startsWith('\x93NUMPY')) {
    return 'a NumPy array: save it with save_file of safetensors.numpy in Python';
  }
  if (start.startsWith('GGUF')) return 'GGUF: take the safetensors file of the same network';
  // The first field of an ONNX model is the version of the format, and one of these fields follows.
  if (zeroth === 0x08 && first[1] <= 32 && ONNX_FIELDS.includes(first[2])) {
    return 'an ONNX model: take the weights that it was exported from';
  }
  return notFetched(first);
}

/**
 * Returns the kind of a zip file and advice for the user. It is recognized by the name of its first
 * entry.
 */
function zipped(start: string): string {
  const name = start.slice(30, 30 + start.charCodeAt(26) + 256 * start.charCodeAt(27));
  if (/(?:^|\/)data\.pkl$/.test(name)) return `a PyTorch file: ${CONVERT_TORCH}`;
  if (/^(?:metadata|config)\.json$/.test(name)) return `a Keras file: ${CONVERT_KERAS}`;
  if (name.endsWith('.npy')) {
    return 'a NumPy archive: save its arrays with save_file of safetensors.numpy in Python';
  }
  return 'a zip file: unpack it first';
}
