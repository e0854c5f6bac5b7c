import { checkSafetensors, SNIFFED_BYTES, torchForm } from './safetensors/foreignFile.ts';
import { openSafetensors } from './safetensors/openSafetensors.ts';
import type { ReadAt, TensorFile } from './tensorFile.ts';
import { openTorch } from './torch/openTorch.ts';

/**
 * Opens weights of `size` bytes in any format that boxprop can read. The format is recognized by
 * the first bytes; the extension of the file name is not used.
 *
 * Errors: those of `decodeSafetensors` and `openTorch`; a file of another format (the message names
 *          the format).
 * @param file the name of the file, for error messages.
 */
export async function openTensorFile(
  file: string,
  size: number,
  readAt: ReadAt,
): Promise<TensorFile> {
  const first = await readAt(0, Math.min(size, SNIFFED_BYTES));
  const form = torchForm(first);
  if (form !== undefined) return openTorch(file, form, size, readAt);
  checkSafetensors(first, file, 'a safetensors or PyTorch file');
  return openSafetensors(file, size, readAt, first);
}
