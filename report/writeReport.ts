import { mkdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { loadSharp } from '../data/loadSharp.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { collectReport, type ReportOptions } from './collect.ts';
import { renderReport, reportFigures } from './render.ts';

/** The number of PNG pixels per pixel of the page. */
const DENSITY = 2;

/**
 * Writes the report of a run: one HTML file and, with `png`, its figures as PNG in a folder of the
 * same name beside it.
 *
 * Errors: those of `collectReport`; files that cannot be written; a missing sharp, for PNG.
 * @returns the files written.
 */
export async function writeReport(
  file: string,
  options: ReportOptions,
  png = false,
): Promise<string[]> {
  const data = await collectReport(options);
  await writeFileAtomic(file, renderReport(data));
  if (!png) return [file];
  const sharp = await loadSharp();
  const folder = join(dirname(file), parse(file).name);
  await mkdir(folder, { recursive: true });
  const files = await Promise.all(
    reportFigures(data).map(async ({ name, picture }) => {
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
 * Multiplies a width by the integer that brings it nearest to 800, so that all pixels stay equal in
 * size.
 */
function scaled(width: number): number {
  return width * Math.max(1, Math.round(800 / width));
}
