import { mkdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { loadSharp } from '../data/image.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { collectReport, type ReportOptions } from './collect.ts';
import { renderReport, reportFigures } from './render.ts';

/** A pixel of the page in pixels of the PNG. */
const DENSITY = 2;

/**
 * Writes the report of a run: one HTML file and, if asked for, its figures as PNG in a folder of its name, next to it.
 *
 * Errors: those of `collectReport`; files that cannot be written; for PNG, sharp not being installed.
 * @returns the files.
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

/** By a whole factor, so that all pixels stay of one size. */
function scaled(width: number): number {
  return width * Math.max(1, Math.round(800 / width));
}
