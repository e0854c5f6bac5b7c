import { Cost } from '../../lib/cost.ts';
import { messageOf } from '../../lib/errors.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { withBackend, type BackendName } from '../../lib/backend/useBackend.ts';
import { cases } from '../../gradcheck/index.ts';
import { Rng } from '../../lib/rng.ts';
import { disposeCase, Draw, type CaseMaker } from '../../gradcheck/case.ts';
import { GradcheckTarget, tensorsOf, toConstants } from '../../gradcheck/target.ts';

/** The values that are planted. */
const NON_FINITE: readonly (readonly [name: string, value: number])[] = [
  ['NaN', NaN],
  // A processor returns this NaN for ∞ − ∞. Kernels that compare bits treat it as a negative
  // number.
  ['-NaN', new Float64Array(new BigInt64Array([-1n]).buffer)[0]],
  ['∞', Infinity],
  ['-∞', -Infinity],
];

/** The values of every output and gradient, by the value that was planted and the tensor's name. */
type Outcomes = Record<string, Float64Array | string>;

/**
 * Plants NaN, ∞ and −∞, one at a time, in one element of each input, of each parameter and of
 * gradOutput of a case, and compares every output and gradient with those in double precision: the
 * places of NaN and of each infinity must be the same, and the finite values close.
 *
 * @returns one line per tensor that differs.
 */
async function nonFiniteDifferences(
  name: string,
  seed: number,
  backend: BackendName,
): Promise<string[]> {
  const expected = await expectedOutcomes(name, seed);
  const got = await withBackend(backend, () => plantEach(cases[name], new Rng(seed)));
  return Object.entries(expected).flatMap(([what, values]) => {
    const difference = differenceOf(got[what], values);
    return difference === undefined ? [] : [`${difference}, ${what}`];
  });
}

/** The outcomes in double precision, which every backend is compared with. */
function expectedOutcomes(name: string, seed: number): Promise<Outcomes> {
  const key = `${name} ${seed}`;
  const known = inDouble.get(key);
  if (known !== undefined) return known;
  const outcomes = withBackend('float64', () => plantEach(cases[name], new Rng(seed)));
  inDouble.set(key, outcomes);
  return outcomes;
}

const inDouble = new Map<string, Promise<Outcomes>>();

/** The options of `nonFiniteReport`. */
export interface NonFiniteOptions {
  /** The number of cases per box. */
  readonly cases: number;
  /** The boxes; all by default. */
  readonly names?: readonly string[];
}

/**
 * Returns the differences from float64 of every box with cases, under the name of the box. The list
 * of a box is empty if there are none.
 */
export async function nonFiniteReport(
  backend: BackendName,
  { cases: count, names = Object.keys(cases) }: NonFiniteOptions,
): Promise<Record<string, string[]>> {
  const report: Record<string, string[]> = {};
  for (const name of names) {
    const lines: string[] = [];
    for (let i = 0; i < count; i++) {
      lines.push(...(await nonFiniteDifferences(name, 1000 * i + name.length, backend)));
    }
    report[name] = lines;
  }
  return report;
}

async function plantEach(make: CaseMaker, rng: Rng): Promise<Outcomes> {
  const drawn = make(new Draw(rng));
  const item = { ...drawn, input: await toConstants(drawn.input) };
  const target = new GradcheckTarget(item);
  target.moveEqualParams(rng);
  const size = tidy(() =>
    tensorsOf(target.forward(target.input()).output).reduce((sum, [, { size }]) => sum + size, 0),
  );
  const gradOutput = rng.normals(size);
  const { config } = item;
  const outcomes: Outcomes = {};
  const evaluate = async (what: string) => {
    let tensors;
    try {
      tensors = tidy(() => {
        const { output, cache } = target.forward(target.input());
        const outputs = tensorsOf(output).map(([suffix, y]) => [`output${suffix}`, y] as const);
        return { ...Object.fromEntries(outputs), ...target.gradTensors(output, cache, gradOutput) };
      });
    } catch (error) {
      outcomes[`${config} with ${what}`] = messageOf(error);
      return;
    }
    for (const [name, tensor] of Object.entries(tensors)) {
      outcomes[`${name} of ${config} with ${what}`] = Float64Array.from(await tensor.data());
    }
    disposeTensors(tensors);
  };
  for (const [symbol, value] of NON_FINITE) {
    for (const tensor of target.tensors) {
      const at = rng.integer(tensor.values.length);
      const before = tensor.values[at];
      target.setValue(tensor, at, value);
      await evaluate(`${symbol} in ${tensor.name}[${at}]`);
      target.setValue(tensor, at, before);
    }
    if (target.box instanceof Cost) continue;
    const at = rng.integer(size);
    const before = gradOutput[at];
    gradOutput[at] = value;
    await evaluate(`${symbol} in gradOutput[${at}]`);
    gradOutput[at] = before;
  }
  disposeCase(item);
  return outcomes;
}

/** The largest error of a finite value, as a share of the largest finite value. */
const TOLERANCE = 1e-4;

/**
 * Describes how a tensor differs from that in double precision; undefined if it does not:
 *
 *     hidden     a value that is not finite has become finite
 *     spoiled    NaN in place of another value
 *     different  anything else
 */
function differenceOf(
  got: Float64Array | string | undefined,
  expected: Float64Array | string,
): string | undefined {
  if (typeof got !== 'object' || typeof expected !== 'object') {
    return got === expected ? undefined : `different: ${String(got)} for ${String(expected)}`;
  }
  if (got.length !== expected.length) return `different: ${got.length} values`;
  const scale = expected.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  const kinds = Array.from(expected, (value, i) => kindOf(got[i], value, scale));
  for (const kind of ['hidden', 'different', 'spoiled'] as const) {
    const at = kinds.indexOf(kind);
    if (at >= 0) return `${kind}: ${got[at]} for ${expected[at]} at ${at}`;
  }
  return undefined;
}

function kindOf(got: number, expected: number, scale: number) {
  if (Object.is(got, expected) || Math.abs(got - expected) <= TOLERANCE * scale) return 'same';
  if (Number.isNaN(got)) return 'spoiled';
  return Number.isFinite(got) && !Number.isFinite(expected) ? 'hidden' : 'different';
}
