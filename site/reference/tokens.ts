/** A piece of an equation as a docstring writes it. */
export interface Token {
  readonly kind: 'number' | 'letter' | 'word' | 'code' | 'script' | 'raised' | 'lowered' | 'mark';
  readonly text: string;
  /** Whether white space stands before the token. */
  readonly spaced: boolean;
}

/** The characters that stand above or below the line, and what they are on the line. */
const SMALL: Readonly<Record<string, string>> = {
  ...{ '¹': '1', '²': '2', '³': '3', '⁻': '−', ᵀ: 'T', ᵗ: 't', '′': '′', "'": '′' },
  ...{ '₀': '0', '₁': '1', '₂': '2' },
};

/** The kinds of tokens, in the order in which they are tried. */
const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['code', /^(?:`[^`]+`|'[a-z]+'|"[^"]+")/],
  ['number', /^(?:\d+(?:\.\d+)?(?:e-?\d+)?|½|¼)/],
  ['script', /^[_^]/],
  ['raised', /^[¹²³⁻ᵀᵗ′']/],
  ['lowered', /^[₀₁₂]/],
  // A letter of the alphabet with a hat, or a Greek letter, is a name of its own.
  ['letter', /^(?:[A-Za-zα-ω]\u0302|[α-ωΑ-ΡΤ-Ωĝŷȳ]|[A-Za-z](?![A-Za-z]))/],
  ['word', /^[A-Za-z]{2,}(?:-[a-z]+)*/],
  ['mark', /^(?:\.\.\.|…|[-+−–·/=<>≤≥≠≈∈∉→←↔∂∇∫ΣΠ√∞×±⌈⌉⌊⌋∩∪∀~|‖()[\]{},;:.*!?%⟨⟩⊙⊗∘∝⟂])/],
];

/**
 * Splits an equation into its tokens.
 *
 * Errors: a character that has no meaning in an equation.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== '') {
    const space = /^\s+/.exec(rest)?.[0] ?? '';
    rest = rest.slice(space.length);
    if (rest === '') break;
    const found = PATTERNS.map(([kind, pattern]) => ({ kind, match: pattern.exec(rest)?.[0] }));
    const first = found.find(({ match }) => match !== undefined);
    if (first?.match === undefined)
      throw new Error(`unknown character ${JSON.stringify([...rest][0])}`);
    const { kind, match } = first;
    tokens.push({
      kind,
      text: kind === 'raised' || kind === 'lowered' ? SMALL[match] : match,
      spaced: space !== '',
    });
    rest = rest.slice(match.length);
  }
  return tokens;
}
