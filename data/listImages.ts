import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { pathKind, type PathKind } from '../lib/files/regularFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { checkNamesDiffer } from './namesDiffer.ts';
import { SkippedEntries } from './skippedEntries.ts';

/** The images of a class. */
export interface ImageClass {
  /** The name of the class's folder. */
  readonly name: string;
  /** The paths of the images, sorted. */
  readonly files: readonly string[];
}

/** The contents of a folder of classes. */
export interface ImageListing {
  /** The classes, sorted by name. */
  readonly classes: readonly ImageClass[];
  /**
   * Notes, one line each, about entries that are not images of a class and about images in
   * sub-folders.
   */
  readonly notes: readonly string[];
}

/**
 * The file name extensions of images: those that torchvision accepts, and some more. A file in a
 * format that boxprop cannot read is reported as an error and not skipped silently.
 */
const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|bmp|p[pgbn]m|avif|hei[cf])$/i;

/**
 * Lists the images of a folder by the rules of torchvision's ImageFolder. Each folder in it is a
 * class. The images of a class are the files in its folder, and in folders below, that have the
 * name extension of an image, in upper or lower case. Links to files and folders are followed,
 * except a link to a folder that contains the link. All other entries, and those whose names start
 * with a dot, are skipped and counted. Files that an operating system leaves behind are skipped
 * without being counted.
 *
 * Errors: a folder that cannot be read; no class; a class without images; classes whose names look
 *         alike; a name that is not UTF-8.
 */
export async function listImages(directory: string): Promise<ImageListing> {
  const skipped = new SkippedEntries();
  const below: string[] = [];
  const classes: ImageClass[] = [];
  /** The names of the folders, before their accents are converted to a common form. */
  const names: string[] = [];
  const ancestors = [await realFolder(directory)];
  for (const { name, kind } of await entries(directory, '', skipped)) {
    if (kind !== 'folder') {
      skipped.add('outside the class folders', name);
      continue;
    }
    const own = new SkippedEntries();
    const files = await imagesBelow(directory, name, ancestors, own);
    const path = join(directory, name);
    if (files.length === 0) {
      const got = own.count === 0 ? 'none' : own.text();
      throw new InputError(`${path}: expected images, got ${got}`);
    }
    const deeper = files.filter((file) => file.includes('/', name.length + 1)).length;
    if (deeper > 0) below.push(`${deeper} of the ${files.length} images of ${show(name)}`);
    skipped.addAll(own);
    names.push(name);
    classes.push({ name: name.normalize(), files: files.map((file) => join(directory, file)) });
  }
  checkNamesDiffer(directory, names);
  if (classes.length === 0) {
    const got = skipped.count === 0 ? 'none' : skipped.text();
    throw new InputError(`${directory}: expected a folder of images for each class, got ${got}`);
  }
  return {
    classes,
    notes: [
      ...(skipped.count > 0 ? [`${directory}: skipped ${skipped.text()}`] : []),
      ...below.map((images) => `${directory}: ${images} are in folders below it`),
    ],
  };
}

/**
 * Returns the paths of the images in a folder and below. The paths are relative to `directory` and
 * use slashes.
 */
async function imagesBelow(
  directory: string,
  folder: string,
  ancestors: readonly string[],
  skipped: SkippedEntries,
): Promise<string[]> {
  const real = await realFolder(join(directory, folder));
  if (ancestors.includes(real)) {
    skipped.add('a link to a folder around it', folder);
    return [];
  }
  const here: string[] = [];
  const below: string[] = [];
  for (const { name, kind } of await entries(directory, folder, skipped)) {
    const path = `${folder}/${name}`;
    if (kind === 'folder') {
      below.push(...(await imagesBelow(directory, path, [...ancestors, real], skipped)));
    } else if (IMAGE.test(name)) here.push(path);
    else skipped.add('not an image', path);
  }
  return [...here, ...below];
}

/**
 * Returns the files and folders in a folder, sorted by name. Other entries are counted as skipped.
 */
async function entries(
  directory: string,
  folder: string,
  skipped: SkippedEntries,
): Promise<{ name: string; kind: 'file' | 'folder' }[]> {
  const found: { name: string; kind: 'file' | 'folder' }[] = [];
  for (const entry of await read(join(directory, folder))) {
    const { name } = entry;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (SkippedEntries.ofSystem(name)) continue;
    if (name.startsWith('.')) {
      skipped.add('hidden', path);
      continue;
    }
    const kind = await kindOf(entry, join(directory, path));
    if (kind === 'missing' && name.includes('\uFFFD')) {
      throw new InputError(`${join(directory, path)}: expected a name in UTF-8: rename it`);
    }
    if (kind === 'missing') skipped.add('a broken link', path);
    else if (kind === 'other') skipped.add('a pipe or device', path);
    else found.push({ name, kind });
  }
  return found;
}

async function read(folder: string): Promise<Dirent[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new InputError(`${folder}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
}

async function kindOf(entry: Dirent, path: string): Promise<PathKind> {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() && !entry.name.includes('\uFFFD') ? 'file' : pathKind(path);
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    throw new InputError(`${folder}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
}

/** The images in a folder and below. */
export interface FolderImages {
  /** The paths of the images, relative to the folder around theirs, sorted. */
  readonly files: readonly string[];
  /** A line about the entries that are not images. The list is empty if there are none. */
  readonly notes: readonly string[];
}

/**
 * Lists the images in the folder `folder` of `directory`, by the rules of `listImages`.
 *
 * Errors: a folder that cannot be read or has no images.
 */
export async function imagesIn(directory: string, folder: string): Promise<FolderImages> {
  const skipped = new SkippedEntries();
  const files = await imagesBelow(directory, folder, [], skipped);
  const path = join(directory, folder);
  if (files.length === 0) {
    const got = skipped.count === 0 ? 'none' : skipped.text();
    throw new InputError(`${path}: expected images, got ${got}`);
  }
  return { files, notes: skipped.count > 0 ? [`${path}: skipped ${skipped.text()}`] : [] };
}

/** Returns whether a path is a folder that directly contains an image. */
export async function hasImages(path: string): Promise<boolean> {
  if ((await pathKind(path)) !== 'folder') return false;
  return (await read(path)).some(({ name }) => !name.startsWith('.') && IMAGE.test(name));
}
