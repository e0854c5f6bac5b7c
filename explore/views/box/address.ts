import { exampleOf, type Argument, type BoxCall } from '../../engine/boxes.ts';
import { MISTAKES, type Mistake } from '../../engine/mistakes.ts';
import type { BoxSubject } from '../../engine/openBox.ts';
import { isArgument } from './fields.ts';
import { parseRef, type Ref } from '../../engine/refs.ts';

/** The box that the view shows first. */
const FIRST = 'Conv2D';

/**
 * Reads the box, its arguments, shapes and edited numbers from the address. A part that cannot be
 * read is taken from the box's example.
 */
export function subjectOf(state: URLSearchParams): BoxSubject {
  const name = state.get('name') ?? FIRST;
  const example = exampleOf(name);
  const args = parse(state.get('args'));
  const options = parse(state.get('options'));
  const shapes = shapesOf(state.get('shape') ?? '');
  const mistake = state.get('break') ?? '';
  const call: BoxCall = {
    args: Array.isArray(args) && args.every(isArgument) ? args : (example?.args ?? []),
    options: isRecord(options) ? options : (example?.options ?? {}),
  };
  return {
    kind: 'box',
    name,
    call,
    shapes: shapes.length > 0 ? shapes : (example?.shapes ?? []),
    // The page shows the equations of training, so a box that depends on the mode opens in training
    // mode.
    training: example?.modes === true && state.get('mode') !== 'inference',
    ...(Object.hasOwn(MISTAKES, mistake) && { mistake: mistake as Mistake }),
    edits: editsOf(state.get('edits') ?? ''),
  };
}

/** Formats shapes, separated by semicolons: `1,4;3,2`. */
export function shapesText(shapes: readonly (readonly number[])[]): string {
  return shapes.map((shape) => shape.join(',')).join(';');
}

/** Parses shapes that a reader typed. Sizes may be separated by commas, spaces or ×. */
export function shapesOf(text: string): number[][] {
  return text
    .split(';')
    .map((one) => one.split(/[\s,×x[\]]+/).filter(Boolean))
    .filter((sizes) => sizes.length > 0)
    .map((sizes) => sizes.map(Number));
}

/** Formats the numbers that the reader has changed. Returns undefined if there are none. */
export function editsText(edits: ReadonlyMap<string, number>): string | undefined {
  const all = [...edits].map(([key, value]) => `${key} ${value}`);
  return all.length > 0 ? all.join(',') : undefined;
}

/** Parses the numbers that the reader has changed. */
export function editsOf(text: string): (readonly [ref: Ref, value: number])[] {
  return text.split(',').flatMap((one) => {
    const at = one.lastIndexOf(' ');
    const ref = parseRef(one.slice(0, at));
    const value = Number(one.slice(at + 1));
    return ref && at > 0 && Number.isFinite(value) ? [[ref, value] as const] : [];
  });
}

function parse(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, Argument>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isArgument)
  );
}
