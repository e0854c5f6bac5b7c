import { join } from 'node:path';
import { loadImageFolder, type ImageFolderOptions } from '../data/imageFolder.ts';
import { hasImages } from '../data/listImages.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import type { OpenedData } from './openedData.ts';

/** The names of a folder of validation examples. */
const VALIDATION = ['val', 'valid', 'validation'];

/** Names that are typical for parts of a dataset, and not for classes. */
const PART = /^(train(ing|_set)?|test(ing|_set)?|val(id(ation)?)?)$/i;

/** Images in folders, and what was decided about them. */
type OpenedImages = Omit<OpenedData, 'notes'> & { readonly notes?: readonly string[] };

/**
 * Opens `train/CLASS/*`, with `test/CLASS/*` and `val/CLASS/*`. If there is no `test`, the
 * validation examples are used as test examples. If there is neither `test` nor `val`, the training
 * examples are used.
 *
 * Errors: two folders of validation examples; those of `loadImageFolder`.
 * @param names the entries of the folder.
 */
export async function openSplitFolders(
  directory: string,
  names: readonly string[],
  options: ImageFolderOptions = {},
): Promise<OpenedImages> {
  const train = await loadImageFolder(join(directory, 'train'), options);
  const { classNames, inputShape } = train;
  const load = async (name: string): Promise<Dataset> =>
    loadImageFolder(join(directory, name), { inputShape, ...(classNames && { classNames }) });
  const held = VALIDATION.filter((name) => names.includes(name));
  if (held.length > 1) {
    throw new InputError(
      `${directory}: expected one folder of validation examples, got ${held.map(show).join(', ')}`,
    );
  }
  const [validation] = await Promise.all(held.map(load));
  if (names.includes('test')) {
    const test = await load('test');
    return { train, test, ...(validation !== undefined && { validation }) };
  }
  if (validation === undefined) return { train, test: train };
  const note = `${directory}: there is no folder test, so the examples of ${held[0]} are the test examples`;
  return { train, test: validation, notes: [note] };
}

/**
 * Opens a folder that holds one folder of images per class.
 *
 * Errors: those of `openSplitFolders`; a class whose name is that of a part.
 * @param names the entries of the folder.
 * @returns undefined if no folder in it holds images.
 */
export async function openClassFolder(
  directory: string,
  names: readonly string[],
  options: ImageFolderOptions = {},
): Promise<OpenedImages | undefined> {
  const part = names.find((name) => PART.test(name));
  if (part !== undefined && (await pathKind(join(directory, part))) === 'folder') {
    throw new InputError(
      `--data: expected ${show(directory)} to contain a folder train beside ${show(part)}, got none`,
    );
  }
  for (const name of names) {
    if (!(await hasImages(join(directory, name)))) continue;
    const train = await loadImageFolder(directory, options);
    return { train, test: train };
  }
  return undefined;
}
