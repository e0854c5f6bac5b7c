import { mkdirSync, writeFileSync } from 'node:fs';
import { Rng } from 'boxprop';
import sharp from 'sharp';

// Writes data to try the example with. Replace them with your own.
const rng = new Rng(0);

/** An image of a shape, somewhere, in some size and colour, on a background of some colour. */
function draw(shape) {
  const colour = (from) => `hsl(${360 * rng.uniform()}, 70%, ${from + 20 * rng.uniform()}%)`;
  const [x, y, r] = [35 + 30 * rng.uniform(), 25 + 30 * rng.uniform(), 12 + 10 * rng.uniform()];
  const forms = {
    circle: `<circle cx="${x}" cy="${y}" r="${r}"/>`,
    square: `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`,
    triangle: `<path d="M${x - r} ${y + r}L${x} ${y - r}L${x + r} ${y + r}z"/>`,
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80">
    <rect width="100" height="80" fill="${colour(70)}"/>
    <g fill="${colour(20)}">${forms[shape]}</g></svg>`;
}

for (const [part, count] of [
  ['train', 150],
  ['test', 30],
]) {
  for (const shape of ['circle', 'square', 'triangle']) {
    const folder = `photos/${part}/${shape}`;
    mkdirSync(folder, { recursive: true });
    for (let n = 0; n < count; n++) {
      await sharp(Buffer.from(draw(shape)))
        .png()
        .toFile(`${folder}/${n}.png`);
    }
  }
}

// A table: two measurements in different units, and a class.
const rows = Array.from({ length: 400 }, () => {
  const [length, weight] = [10 + 40 * rng.uniform(), 100 + 900 * rng.uniform()];
  return [length.toFixed(1), weight.toFixed(0), weight > 20 * length ? 'heavy' : 'light'].join(',');
});
writeFileSync('table.csv', ['length,weight,kind', ...rows, ''].join('\n'));
console.log('wrote photos/ and table.csv');
