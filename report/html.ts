import type { Figure, Tiles } from './pictures.ts';
import { STYLE } from './style.ts';

/** Escapes text for HTML or SVG. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Makes an HTML page that needs no other files. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${content}
</body>
</html>
`;
}

/** The display options of an image. */
export interface ImageLook {
  /** The width in pixels of the page; by default the available width. */
  readonly width?: number;
  /** Whether the browser may smooth the image between pixels. */
  readonly fine?: boolean;
}

/** Makes an HTML image from a PNG. */
export function image({ png, width, height }: Tiles, alt: string, look: ImageLook = {}): string {
  const address = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const style = look.width === undefined ? '' : ` style="width: ${look.width}px"`;
  const kind = look.fine ? ' class="fine"' : '';
  return `<img src="${address}" width="${width}" height="${height}" alt="${escape(alt)}"${kind}${style}>`;
}

/** Makes the HTML of a figure without its caption. */
export function figureHtml({ title, picture }: Figure, look?: ImageLook): string {
  return typeof picture === 'string' ? picture : image(picture, title, look);
}

/** Shows the first `first` parts. The others are hidden under a heading that unfolds them. */
export function unfolding(parts: readonly string[], first: number, heading: string): string {
  const others = parts.slice(first);
  const folded = `<details><summary>${heading}</summary>${others.join('')}</details>`;
  return parts.slice(0, first).join('') + (others.length > 0 ? folded : '');
}

/** Makes a grid of figures with captions. */
export function grid(figures: readonly Figure[]): string {
  const each = figures.map((one) => {
    return `<figure><figcaption>${escape(one.title)}</figcaption>${figureHtml(one)}</figure>`;
  });
  return `<div class="grid">${each.join('')}</div>`;
}
