import { escape } from '../../report/html.ts';
import { CLASS_STYLE } from './style.ts';

/** Makes a page of a class, which needs no other files. */
export function htmlPage(title: string, content: string): string {
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escape(title)}</title><style>${CLASS_STYLE}</style><main>${content}</main></html>\n`
  );
}
