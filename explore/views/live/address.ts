import { state } from '../../router.ts';
import { readNumber, type NumberRule } from '../../ui/readNumber.ts';

/** The parts of the view, in the order of their links. */
export const PARTS = {
  training: 'Training',
  digit: 'A digit',
  inside: 'Inside',
  verdict: 'Good or bad?',
} as const;

/** The ranges of the numbers in the address. */
export const RULES = {
  seed: { whole: true, least: 0, most: 2 ** 31 },
  rate: { above: 0 },
  batch: { whole: true, least: 1, most: 512 },
  digit: { whole: true, least: 0, most: 299 },
  box: { whole: true, least: 0, most: 7 },
} as const satisfies Readonly<Record<string, NumberRule>>;

export type Part = keyof typeof PARTS;

/** The state of the view, as the address stores it. */
export interface Address {
  readonly part: Part;
  readonly seed: number;
  readonly rate: number;
  readonly batch: number;
  /** The index of a test digit. */
  readonly digit: number;
  /** The index of the box that is examined. */
  readonly box: number;
  /** The URL of the initial weights, relative to the page. */
  readonly weights: string | undefined;
}

/** Reads the address. For a part that is missing or invalid, the default is used. */
export function address(): Address {
  const part = state.value.get('part') ?? '';
  return {
    part: Object.hasOwn(PARTS, part) ? (part as Part) : 'training',
    seed: number('seed', 0),
    rate: number('rate', 0.1),
    batch: number('batch', 32),
    digit: number('digit', 0),
    box: number('box', 0),
    weights: state.value.get('weights') ?? undefined,
  };
}

function number(key: keyof typeof RULES, byDefault: number): number {
  const typed = readNumber(state.value.get(key) ?? '', RULES[key]);
  return 'value' in typed ? typed.value : byDefault;
}
