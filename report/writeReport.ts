import { dirname, join, parse } from 'node:path';
import { loadSharp } from '../data/loadSharp.ts';
import { InputError, show } from '../lib/errors.ts';
import { makeFolder } from '../lib/files/makeFolder.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { collectReport, type ReportOptions } from './collect.ts';
import { renderReport, reportFigures } from './render.ts';

/** The number of PNG pixels per pixel of the page. */
const DENSITY = 2;

/**
 * Writes the report of a run. It is one HTML file. With `png`, the figures are also written as PNG
 * files, to a folder of the same name beside it.
 *
 * Errors: those of `collectReport`; files that cannot be written; for PNG, a missing package sharp,
 *         an HTML file whose name has no extension, or a link in the folder.
 * @returns the paths of the files that were written.
 */
export async function writeReport(
  file: string,
  options: ReportOptions,
  png = false,
): Promise<string[]> {
  const folder = join(dirname(file), parse(file).name);
  if (png && parse(file).ext === '') {
    throw new InputError(
      `--png: expected an HTML file beside the folder of the figures, such as report.html, got ${show(file)}`,
    );
  }
  const data = await collectReport(options);
  await writeFileAtomic(file, renderReport(data));
  if (!png) return [file];
  const sharp = await loadSharp();
  const figures = reportFigures(data);
  try {
    await makeFolder(folder);
  } catch (error) {
    throw new InputError(`${folder}: cannot be written: ${systemProblem(error)}`, { cause: error });
  }
  await refuseLinks(
    folder,
    figures.map(({ name }) => `${name}.png`),
  );
  const files = await Promise.all(
    figures.map(async ({ name, picture }) => {
      const image =
        typeof picture === 'string'
          ? sharp(Buffer.from(picture), { density: 72 * DENSITY }).flatten({ background: 'white' })
          : sharp(picture.png).resize({ width: scaled(picture.width), kernel: 'nearest' });
      const own = join(folder, `${name}.png`);
      await writeFileAtomic(own, await image.png().toBuffer());
      return own;
    }),
  );
  return [file, ...files];
}

/**
 * Multiplies a width by the integer for which the product is closest to 800. All pixels then have
 * the same size.
 */
function scaled(width: number): number {
  return width * Math.max(1, Math.round(800 / width));
}
