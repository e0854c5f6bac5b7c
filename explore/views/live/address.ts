import { state } from '../../router.ts';

/** The parts of the view, in the order of their links. */
export const PARTS = {
  training: 'Training',
  digit: 'A digit',
  inside: 'Inside',
  verdict: 'Good or bad?',
} as const;

export type Part = keyof typeof PARTS;

/** The state of the view in the address. */
export interface Address {
  readonly part: Part;
  readonly seed: number;
  readonly rate: number;
  readonly batch: number;
  /** The number of a test digit. */
  readonly digit: number;
  /** The box that is looked into. */
  readonly box: number;
  /** The address of weights to start with, relative to the page. */
  readonly weights: string | undefined;
}

/** Reads the address; what is missing or no number has its default. */
export function address(): Address {
  const part = state.value.get('part') ?? '';
  return {
    part: part in PARTS ? (part as Part) : 'training',
    seed: integer('seed', 0, 0, 2 ** 31),
    rate: number('rate', 0.1),
    batch: integer('batch', 32, 1, 512),
    digit: integer('digit', 0, 0, 299),
    box: integer('box', 0, 0, 7),
    weights: state.value.get('weights') ?? undefined,
  };
}

function number(key: string, byDefault: number): number {
  const value = Number(state.value.get(key) ?? NaN);
  return value > 0 && value < Infinity ? value : byDefault;
}

function integer(key: string, byDefault: number, least: number, most: number): number {
  const value = Number(state.value.get(key) ?? NaN);
  return Number.isInteger(value) && value >= least && value <= most ? value : byDefault;
}
