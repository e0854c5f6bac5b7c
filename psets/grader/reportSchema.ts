import * as v from 'valibot';

/** A value in JSON: a number, `null` for NaN and infinite numbers, a word, or a list or record. */
type JsonValue =
  number | string | boolean | null | readonly JsonValue[] | { [name: string]: JsonValue };

export const VALUE: v.LazySchema<v.GenericSchema<JsonValue>> = v.lazy(() =>
  v.union([
    v.number(),
    v.string(),
    v.boolean(),
    v.null(),
    v.array(VALUE),
    v.record(v.string(), VALUE),
  ]),
);

const TASK = v.object({
  task: v.string(),
  pass: v.boolean(),
  points: v.number(),
  maxPoints: v.number(),
  message: v.string(),
  example: v.optional(v.object({ args: v.record(v.string(), VALUE), expected: VALUE, got: VALUE })),
});

/**
 * The schema of what `boxprop pset check --json` prints. `docs/pset-report.schema.json` is the same
 * as a JSON Schema. Further properties may be added.
 */
export const REPORT = v.object({
  pset: v.string(),
  points: v.number(),
  maxPoints: v.number(),
  tasks: v.array(TASK),
});
