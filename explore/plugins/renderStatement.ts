import katex from 'katex';
import { Marked, type TokenizerAndRendererExtension } from 'marked';

/**
 * Converts Markdown with equations, `$...$` and `$$...$$`, to HTML. The equations are converted to
 * MathML, so the page needs no JavaScript and no font for them.
 *
 * Errors: an equation that KaTeX cannot parse.
 */
export function renderStatement(markdown: string): string {
  const marked = new Marked({ extensions: [BLOCK, INLINE] });
  return marked.parse(markdown, { async: false });
}

/** Makes an extension of marked for equations between two marks. */
function equations(level: 'block' | 'inline', mark: '$$' | '$'): TokenizerAndRendererExtension {
  const name = `${level}Equation`;
  const pattern = mark === '$$' ? /^\$\$([^$]+)\$\$/ : /^\$([^$]+)\$/;
  return {
    name,
    level,
    start: (text) => {
      const at = text.indexOf(mark);
      return at < 0 ? undefined : at;
    },
    tokenizer: (text) => {
      const [raw, tex] = pattern.exec(text) ?? [];
      return raw === undefined ? undefined : { type: name, raw, tex };
    },
    renderer: ({ tex }) => mathml(String(tex), mark === '$$'),
  };
}

const BLOCK = equations('block', '$$');
const INLINE = equations('inline', '$');

/** Converts an equation from TeX to MathML. Errors: an equation that KaTeX cannot parse. */
export function mathml(tex: string, displayMode: boolean): string {
  const html = katex.renderToString(tex.trim(), {
    output: 'mathml',
    displayMode,
    throwOnError: true,
    strict: 'error',
  });
  // KaTeX adds the source of each equation as an annotation, which the page does not need.
  const math = html
    .replace(/<annotation.*?<\/annotation>/gs, '')
    .replace(/^<span class="katex">(.*)<\/span>$/s, '$1');
  return displayMode ? `<div class="equation-block">${math}</div>` : math;
}
