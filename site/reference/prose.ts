import { escape } from '../../report/html.ts';
import { blocksOf, isEquation, type Block, type EquationGroup } from './docstring.ts';
import { typeset } from './typeset.ts';

/** Returns the address of the page of a public name, or undefined if there is none. */
export type LinkTo = (name: string) => string | undefined;

/** The words for the three arrows of a box, as readers call them. */
const ARROWS: Readonly<Record<string, string>> = {
  forward: 'forward',
  backpropToInput: 'backprop to the input',
  backpropToParams: 'backprop to the parameters',
};

/**
 * Converts a docstring to the Markdown of a page, with HTML where Markdown has no form.
 *
 * Errors: an equation that cannot be typeset.
 */
export function renderDocstring(docstring: string, linkTo: LinkTo): string {
  return blocksOf(docstring)
    .map((block) => renderBlock(block, linkTo))
    .join('\n\n');
}

function renderBlock(block: Block, linkTo: LinkTo): string {
  switch (block.kind) {
    case 'code':
      return `\`\`\`ts\n${block.text}\n\`\`\``;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${prose(item, linkTo)}</li>`).join('')}</ul>`;
    case 'equations':
      return `<dl class="equations">${block.groups.map((group) => renderGroup(group, linkTo)).join('')}</dl>`;
    case 'text':
      if (block.label === undefined) return `<p>${prose(block.text, linkTo)}</p>`;
      return `<p class="labelled"><strong>${block.label}.</strong> ${prose(block.text, linkTo)}</p>`;
  }
}

function renderGroup({ label, equations }: EquationGroup, linkTo: LinkTo): string {
  const lines = equations.map((text) =>
    // A wide equation scrolls in its own line, so the line can have the focus of the keyboard.
    isEquation(text)
      ? `<div class="equation" tabindex="0" role="group" aria-label="equation">${typeset(text)}</div>`
      : `<div>${prose(text, linkTo)}</div>`,
  );
  const name = label === '' ? '' : `<code>${label}</code>`;
  const word = ARROWS[label] ?? name;
  const kind = Object.hasOwn(ARROWS, label) ? ` class="${label}"` : '';
  return `<div${kind}><dt>${word}</dt><dd>${lines.join('')}</dd></div>`;
}

/** Converts a sentence to HTML, with code between backticks and stressed words between asterisks. */
export function prose(text: string, linkTo: LinkTo): string {
  return text
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`|\*\w[^*]*\w\*|https?:\/\/[^\s)]+[^\s).,;])/)
    .map((part, i) => {
      if (i % 2 === 0) return symbols(plain(part));
      if (part.startsWith('http')) return `<a href="${escape(part)}">${escape(part)}</a>`;
      const inside = part.slice(1, -1);
      return part.startsWith('*') ? `<em>${plain(inside)}</em>` : code(inside, linkTo);
    })
    .join('');
}

/** Sets the symbols of a sentence, such as x_in and ∂C/∂x_out, with their indices. */
function symbols(html: string): string {
  // `plain` has written the underscore as a number, and a bracket too.
  return html.replace(
    /(?:(?<=&#91;)|(?<![\w&#;]))([A-Za-zα-ωΑ-Ω]\u0302?|∂[A-Za-z])&#95;(in|out|[a-z0-9]{1,2})(?![\w])/g,
    '<i>$1</i><sub>$2</sub>',
  );
}

/** Code in a sentence, with a link if it is a public name. */
export function code(text: string, linkTo: LinkTo): string {
  const address = linkTo(text.replace(/\(\)$/, ''));
  const shown = `<code>${plain(text)}</code>`;
  return address === undefined ? shown : `<a href="${address}">${shown}</a>`;
}

/** Escapes a text for HTML, and the characters that Markdown and Vue would read as marks. */
export function plain(text: string): string {
  return escape(text).replace(/[*_[\]{}`~\\|]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
