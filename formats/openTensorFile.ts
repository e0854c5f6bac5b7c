import { checkSafetensors, SNIFFED_BYTES, torchForm } from './safetensors/foreignFile.ts';
import { openSafetensors } from './safetensors/openSafetensors.ts';
import type { ReadAt, TensorFile } from './tensorFile.ts';
import { openTorch } from './torch/openTorch.ts';

/**
 * Opens weights of `size` bytes of any format that boxprop reads. The first bytes tell the format;
 * the ending of the name does not matter.
 *
 * Errors: those of `decodeSafetensors` and `openTorch`; a file of another format, by its name.
 * @param file the name of the file in errors.
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
