import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadImageFolder, type ImageFolderOptions } from '../data/imageFolder.ts';
import { hasImages } from '../data/listImages.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import type { OpenedData } from './openedData.ts';
import { namesPart, openParts, partNames } from './partNames.ts';

/** Images in folders, with notes such as which files were left out. */
type OpenedImages = Omit<OpenedData, 'notes'> & { readonly notes?: readonly string[] };

/**
 * Opens `train/CLASS/*`, with `test/CLASS/*` and `val/CLASS/*`. If there is no `test`, the
 * validation examples are used as test examples. If there is neither `test` nor `val`, the training
 * examples are used as test examples. Other entries are skipped and reported.
 *
 * Errors: those of `partNames` and `loadImageFolder`.
 * @param names the entries of the folder.
 */
export async function openSplitFolders(
  directory: string,
  names: readonly string[],
  options: ImageFolderOptions = {},
): Promise<OpenedImages> {
  const train = await loadImageFolder(join(directory, 'train'), options);
  const { classNames, inputShape } = train;
  const parts = partNames(directory, names, '');
  return openParts(train, parts, { directory, lacking: 'folder test' }, (name) =>
    loadImageFolder(join(directory, name), {
      ...options,
      inputShape,
      ...(classNames && { classNames }),
    }),
  );
}

/**
 * Opens a folder that holds one folder of images per class.
 *
 * Errors: those of `openSplitFolders`; a class that has the name of a part, such as `test`.
 * @param names the entries of the folder.
 * @returns undefined if none of the folders in it contains images.
 */
export async function openClassFolder(
  directory: string,
  names: readonly string[],
  options: ImageFolderOptions = {},
): Promise<OpenedImages | undefined> {
  const part = names.find((name) => namesPart(name));
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

/** Returns whether `openData` would open a folder as images, whose size `--shape` may change. */
export async function isImageFolder(directory: string): Promise<boolean> {
  if ((await pathKind(directory)) !== 'folder') return false;
  const names = await readdir(directory);
  if (names.some((name) => /\.(csv|bin)$|-ubyte/.test(name))) return false;
  const isSplit =
    names.includes('train') && (await pathKind(join(directory, 'train'))) === 'folder';
  if (isSplit) return true;
  for (const name of names) if (await hasImages(join(directory, name))) return true;
  return false;
}
