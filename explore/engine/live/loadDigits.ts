import { ArrayDataset } from '../../../data/dataset.ts';
import type { Sprite } from '../../plugins/sprite.ts';

/**
 * Loads the digits of a sprite as a dataset.
 *
 * @param base the URL of the page, to which the URL of the sprite is relative.
 */
export async function loadDigits(name: string, sprite: Sprite, base: string) {
  const url = new URL(sprite.file, base);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: cannot be fetched: status ${response.status}`);
  const bitmap = await createImageBitmap(await response.blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (context === null) throw new Error('expected a canvas in a worker, got none');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  return datasetOf(name, sprite, (at) => data[4 * at]);
}

/** Converts a sprite to a dataset. `pixel` returns the grey value at a position in the sprite. */
function datasetOf(name: string, sprite: Sprite, pixel: (at: number) => number) {
  const { labels, columns, height, width } = sprite;
  const inputs = new Uint8Array(labels.length * height * width);
  for (let k = 0; k < labels.length; k++) {
    const top = Math.floor(k / columns) * height;
    const left = (k % columns) * width;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = (top + row) * columns * width + left + column;
        inputs[(k * height + row) * width + column] = pixel(at);
      }
    }
  }
  return new ArrayDataset({
    name,
    inputs,
    inputShape: [height, width, 1],
    labels: [...labels].map(Number),
    classes: 10,
  });
}
