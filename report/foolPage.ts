import { escape, grid, page } from './html.ts';
import { tiles, type Picture } from './pictures.ts';

/** An image on the page of `boxprop fool`. */
export interface DrawnImage {
  /** The image before the attack; undefined for an image from noise. */
  readonly before?: Picture;
  readonly after: Picture;
  readonly caption: string;
}

/** The number of images from noise in a row. */
const COLUMNS = 5;

/**
 * Draws the images as a PNG. Images from noise are drawn in rows of five. Images that were changed
 * are drawn in three rows: before, after, and the change, in which grey means none.
 */
export function foolPicture(images: readonly DrawnImage[]): Uint8Array {
  const rows = rowsOf(images);
  const columns = rows.length === 1 ? COLUMNS : images.length;
  return tiles(rows.flat(), columns, [0, 1]).png;
}

/** Makes a page with the images, their changes, and what the network predicts for each. */
export function foolPage(title: string, images: readonly DrawnImage[]): string {
  const figures = images.map((image, k) => {
    const pictures = rowsOf([image]).flat();
    return {
      name: `image-${k}`,
      title: image.caption,
      picture: tiles(pictures, pictures.length, [0, 1]),
    };
  });
  const isChanged = images.some(({ before }) => before !== undefined);
  const words = isChanged
    ? 'Each figure shows an image, the changed image, and the change, in which grey means none.'
    : 'Each image was made from noise. No person would recognize the class in it, but the network does.';
  return page(title, `<p>${escape(words)}</p>\n${grid(figures)}`);
}

/** Returns the images, in one row or in the three rows of an attack. */
function rowsOf(images: readonly DrawnImage[]): Picture[][] {
  const after = images.map((image) => image.after);
  const before = images.flatMap((image) => image.before ?? []);
  if (before.length === 0) return [after];
  const changes = before.map((old, k) => ({
    ...old,
    values: Float32Array.from(old.values, (value, i) => 0.5 + 0.5 * (after[k].values[i] - value)),
  }));
  return [before, after, changes];
}
