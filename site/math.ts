import type { MarkdownRenderer } from 'vitepress';
import { escape } from '../report/html.ts';
import { mathml } from '../explore/plugins/renderStatement.ts';

/**
 * Makes Markdown understand equations, `$...$` and `$$...$$`, which become MathML. Indented lines
 * are equations in plain characters: they keep their form, and a wide one scrolls.
 *
 * Errors: an equation that KaTeX cannot parse, which fails the build.
 */
export function equations(markdown: MarkdownRenderer): void {
  markdown.inline.ruler.before('escape', 'equation', (state, silent) => {
    const match = /^(\$\$?)([^$\n][^$]*)\1/.exec(state.src.slice(state.pos));
    if (match === null) return false;
    const [raw, mark, tex] = match;
    // A dollar before a space, as in a price, is a dollar.
    if (mark === '$' && /^\s|\s$/.test(tex)) return false;
    if (!silent) state.push('equation', '', 0).content = mathml(tex, mark === '$$');
    state.pos += raw.length;
    return true;
  });
  markdown.renderer.rules.equation = (tokens, index) => tokens[index].content;
  // The keyboard must reach each part that scrolls.
  markdown.renderer.rules.code_block = (tokens, index) =>
    `<pre class="plain" tabindex="0" v-pre><code>${escape(tokens[index].content)}</code></pre>\n`;
}
