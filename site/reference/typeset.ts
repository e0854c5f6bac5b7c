import { escape } from '../../report/html.ts';
import { tokensOf, type Token } from './tokens.ts';

/**
 * Typesets an equation of a docstring, such as `∂C/∂x_in = ∂C/∂x_out · W`, as MathML. The notation:
 *
 * - `x_in`, `x_{i−1}`, `x_out_i` and `s^(p−1)` have a subscript or superscript; letters after `_`
 *   are indices, except the words `in` and `out`;
 * - `a/b` without spaces is a fraction of the two things beside the slash, and `√(...)` a root;
 * - `Σ_{...}`, `Π_k` and `max_pq` have their range below;
 * - words of two letters or more are text, and so is code between backticks.
 *
 * Errors: an unknown character, a bracket without its partner, an index or fraction without a base.
 */
export function typeset(equation: string): string {
  try {
    const parser = new Parser(tokensOf(equation));
    return `<math display="block"><mrow>${parser.row()}</mrow></math>`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${JSON.stringify(equation)} cannot be typeset: ${why}`, { cause: error });
  }
}

const PARTNER: Readonly<Record<string, string>> = {
  ...{ '(': ')', '[': ']', '{': '}' },
  ...{ '⌊': '⌋', '⌈': '⌉' },
};
const CLOSING = new Set(Object.values(PARTNER));
const FUNCTIONS = new Set('exp log max min sign tanh sinh cosh erf sqrt mean'.split(' '));
const WITH_RANGE = new Set(['Σ', 'Π', 'max', 'min']);

/** Reads tokens from left to right; each method returns the MathML of what it has read. */
class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** Reads up to the end, or up to a bracket that closes. */
  row(closing?: string): string {
    const parts: string[] = [];
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined) {
        if (closing !== undefined) throw new Error(`expected ${closing}, got the end`);
        return parts.join('');
      }
      if (token.kind === 'mark' && CLOSING.has(token.text)) {
        if (token.text !== closing) throw new Error(`expected no ${token.text}`);
        this.at++;
        return parts.join('');
      }
      parts.push(this.fraction());
    }
  }

  /** Reads one thing, or a fraction of two that a slash without spaces separates. */
  private fraction(): string {
    const start = this.tokens[this.at];
    let above = this.thing();
    while (this.adjacent('/')) {
      if (start.kind === 'mark' && !/[∂([|‖√]/.test(start.text)) break;
      this.at++;
      if (this.tokens[this.at] === undefined) throw new Error('expected a denominator');
      above = `<mfrac>${inner(above)}${inner(this.thing())}</mfrac>`;
    }
    return above;
  }

  /** Reads a name, number, bracket or sign with everything that belongs to it. */
  private thing(): string {
    const token = this.tokens[this.at];
    this.at++;
    const { kind, text } = token;
    if (kind === 'script' || kind === 'raised' || kind === 'lowered')
      throw new Error(`expected a name before ${text}, got none`);
    if (kind === 'mark' && text === '∂') {
      if (this.tokens[this.at]?.kind === undefined) throw new Error('expected a name after ∂');
      return `<mrow><mo>∂</mo>${this.thing()}</mrow>`;
    }
    if (kind === 'mark' && text === '√') {
      if (this.tokens[this.at] === undefined) throw new Error('expected a radicand after √');
      return `<msqrt>${inner(this.thing())}</msqrt>`;
    }
    const bracket = kind === 'mark' ? PARTNER[text] : undefined;
    const base = bracket === undefined ? leaf(token) : this.bracket(text, bracket);
    const whole = this.scripts(base, WITH_RANGE.has(text));
    if (kind !== 'letter' && !(kind === 'word' && FUNCTIONS.has(text))) return whole;
    return this.indices(whole);
  }

  /** Reads the brackets that follow a name without a space: an index, or the argument of a function. */
  private indices(base: string): string {
    let whole = base;
    while (this.adjacent('[') || this.adjacent('(')) {
      const { text } = this.tokens[this.at++];
      const inside = this.scripts(this.bracket(text, PARTNER[text]), false);
      whole = `<mrow>${whole}${inside}</mrow>`;
    }
    return whole;
  }

  private bracket(open: string, close: string): string {
    const inside = this.row(close);
    // A fraction alone, as in `(1/m)`, needs no brackets once it has a bar.
    if (open === '(' && /^<mfrac>(?:(?!<mfrac>).)*<\/mfrac>$/.test(inside)) return inside;
    return `<mrow><mo stretchy="false">${open}</mo>${inside}<mo stretchy="false">${close}</mo></mrow>`;
  }

  /** Reads the subscripts, superscripts and primes of a thing. */
  private scripts(base: string, hasRange: boolean): string {
    const below: string[] = [];
    const above: string[] = [];
    for (;;) {
      const token = this.tokens[this.at];
      if (token === undefined || token.spaced) break;
      if (token.kind === 'raised' || token.kind === 'lowered') {
        this.at++;
        (token.kind === 'raised' ? above : below).push(small(token.text));
      } else if (token.kind === 'script') {
        this.at++;
        (token.text === '_' ? below : above).push(this.script());
      } else break;
    }
    const lower = `<mrow>${below.join('<mspace width="0.15em"/>')}</mrow>`;
    const upper = `<mrow>${above.join('')}</mrow>`;
    const [sub, sup, both] = hasRange
      ? ['munder', 'mover', 'munderover']
      : ['msub', 'msup', 'msubsup'];
    if (below.length > 0 && above.length > 0) return `<${both}>${base}${lower}${upper}</${both}>`;
    if (below.length > 0) return `<${sub}>${base}${lower}</${sub}>`;
    if (above.length > 0) return `<${sup}>${base}${upper}</${sup}>`;
    return base;
  }

  /** Reads what stands after `_` or `^`: a group in brackets, or names and numbers. */
  private script(): string {
    const token = this.tokens[this.at];
    if (token === undefined || token.spaced) throw new Error('expected an index, got none');
    this.at++;
    if (token.text === '{' || token.text === '(') return this.row(PARTNER[token.text]);
    if (token.text === '⌊' || token.text === '⌈')
      return this.bracket(token.text, PARTNER[token.text]);
    if (token.text === '−') return `<mo>−</mo>${this.script()}`;
    if (token.kind === 'word' && !/^(in|out)$/.test(token.text))
      return [...token.text].map((letter) => `<mi>${letter}</mi>`).join('');
    if (!['letter', 'word', 'number'].includes(token.kind))
      throw new Error(`expected an index, got ${token.text}`);
    let whole = token.kind === 'word' ? `<mtext>${token.text}</mtext>` : leaf(token);
    // In `c_2j`, the letter belongs to the index too.
    while (this.tokens[this.at]?.kind === 'letter' && !this.tokens[this.at].spaced)
      whole += leaf(this.tokens[this.at++]);
    return whole;
  }

  private adjacent(text: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'mark' && token.text === text && !token.spaced;
  }
}

/** The MathML of a character that stands above or below the line. */
function small(text: string): string {
  const kind = /\d/.test(text) ? 'mn' : /[a-zA-Z]/.test(text) ? 'mi' : 'mo';
  return `<${kind}>${text}</${kind}>`;
}

/** The MathML of one token. */
function leaf({ kind, text, spaced }: Token): string {
  if (kind === 'number') return `<mn>${text}</mn>`;
  if (kind === 'letter') return `<mi>${text}</mi>`;
  if (kind === 'code') return `<mtext class="code">${escape(text.slice(1, -1))}</mtext>`;
  if (kind === 'word') {
    if (FUNCTIONS.has(text)) return `<mi mathvariant="normal">${text}</mi>`;
    return `<mtext>${spaced ? '&#160;' : ''}${text}&#160;</mtext>`;
  }
  if (text === 'Σ' || text === 'Π')
    return `<mo largeop="true" movablelimits="false">${text === 'Σ' ? '∑' : '∏'}</mo>`;
  if (text === '|' || text === '‖')
    return `<mo stretchy="false" lspace="0" rspace="0">${text}</mo>`;
  return `<mo>${escape(text)}</mo>`;
}

/** Removes the brackets around a whole numerator or denominator, which the fraction bar replaces. */
function inner(part: string): string {
  const open = '<mrow><mo stretchy="false">(</mo>';
  const close = '<mo stretchy="false">)</mo></mrow>';
  const whole = part.startsWith(open) && part.endsWith(close);
  const inside = part.slice(open.length, -close.length);
  // `(a)(b)` starts and ends with brackets too, but they are not partners.
  return whole && !inside.includes(open) ? `<mrow>${inside}</mrow>` : part;
}
