import type { Figure } from './figures.ts';
import type { Tiles } from './pictures.ts';
import { STYLE } from './style.ts';

/** Text within HTML or SVG. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole page, which needs nothing else. */
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

export interface ImageLook {
  /** Pixels of the page; as wide as there is place by default. */
  readonly width?: number;
  /** Not to be told apart pixel by pixel. */
  readonly fine?: boolean;
}

export function image({ png, width, height }: Tiles, alt: string, look: ImageLook = {}): string {
  const address = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const style = look.width === undefined ? '' : ` style="width: ${look.width}px"`;
  const kind = look.fine ? ' class="fine"' : '';
  return `<img src="${address}" width="${width}" height="${height}" alt="${escape(alt)}"${kind}${style}>`;
}

export function figureHtml({ title, picture }: Figure, look?: ImageLook): string {
  return typeof picture === 'string' ? picture : image(picture, title, look);
}

/** The first of many, and the others to be unfolded under `what`. */
export function unfolding(parts: readonly string[], first: number, what: string): string {
  const others = parts.slice(first);
  const folded = `<details><summary>${what}</summary>${others.join('')}</details>`;
  return parts.slice(0, first).join('') + (others.length > 0 ? folded : '');
}

export function grid(figures: readonly Figure[]): string {
  const each = figures.map((one) => {
    return `<figure><figcaption>${escape(one.title)}</figcaption>${figureHtml(one)}</figure>`;
  });
  return `<div class="grid">${each.join('')}</div>`;
}
