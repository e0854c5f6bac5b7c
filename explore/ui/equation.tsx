import type { JSX } from 'preact';

/**
 * Sets an equation of a docstring, with names in italics and the part after an underscore as a
 * subscript. The text itself is that of the docstring.
 */
export function Equation({ text }: { readonly text: string }): JSX.Element {
  return <span class="equation">{partsOf(text)}</span>;
}

const TOKEN = /([A-Za-zα-ωΓΔΦΨΩ]+)?((?:_(?:\{[^}]*\}|[A-Za-z0-9]+))+)|([A-Za-zα-ωΓΔΦΨΩ]+)/g;

/** Words that are functions, and stand upright. */
const UPRIGHT = new Set(
  'tanh exp log max min sinh cosh sign erf sqrt with over if else for mean and or the of'.split(
    ' ',
  ),
);

function partsOf(text: string): (string | JSX.Element)[] {
  const parts: (string | JSX.Element)[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, base, sub, word] = match;
    parts.push(text.slice(at, match.index));
    at = match.index + whole.length;
    const name = base ?? word;
    if (name !== undefined) parts.push(UPRIGHT.has(name) || name.length > 3 ? name : <i>{name}</i>);
    if (sub !== undefined) parts.push(<sub>{subscript(sub)}</sub>);
  }
  parts.push(text.slice(at));
  return parts;
}

/** Sets a sentence in which names such as x_out and ∂C/∂w stand. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  const parts: (string | JSX.Element)[] = [];
  let at = 0;
  for (const { 0: symbol, index } of text.matchAll(SYMBOL)) {
    parts.push(text.slice(at, index), <Equation text={symbol} />);
    at = index + symbol.length;
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}

/** A derivative, a name with a subscript, or a single letter in a formula. */
const SYMBOL =
  /∂C\/∂[A-Za-z]+(?:_[A-Za-z0-9]+)?|(?<![A-Za-z])[A-Za-zΣ]{1,3}_(?:\{[^}]*\}|[A-Za-z0-9]+)|\b[a-zA-ZηC] ← [^,]+/g;

/** The text of a subscript: `_out_i` is `out i`, and `_{(i,p)}` is `(i,p)`. */
function subscript(text: string): string {
  return text
    .slice(1)
    .replace(/^\{|\}$/g, '')
    .replaceAll('_', ' ');
}
