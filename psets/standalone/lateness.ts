import * as v from 'valibot';

const DATE = v.nullish(v.string());
const DUE = v.object({ due_date: DATE, late_due_date: DATE });
/** The part of Gradescope's submission_metadata.json that says when a submission was due. */
const METADATA = v.object({
  created_at: v.string(),
  assignment: v.optional(DUE),
  users: v.optional(v.array(v.object({ assignment: v.optional(DUE) }))),
});

/**
 * Returns how many seconds after the due date a submission was made: 0 if it was in time, and
 * undefined if the metadata has no due date. The date of a user, who may have an extension, counts
 * before that of the assignment; in a group the latest date counts.
 *
 * @param metadata the text of submission_metadata.json.
 */
export function secondsLate(metadata: string): number | undefined {
  const read = v.safeParse(METADATA, parsed(metadata));
  if (!read.success) return undefined;
  const { created_at, assignment, users = [] } = read.output;
  const own = users.map((user) => time(user.assignment?.due_date)).filter(Number.isFinite);
  const due = own.length > 0 ? Math.max(...own) : time(assignment?.due_date);
  const late = (time(created_at) - due) / 1000;
  return Number.isNaN(late) ? undefined : Math.max(0, Math.round(late));
}

/** Formats a duration: `2 days 3 h`, `3 h 5 min`, `5 min`, `20 s`. */
export function duration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, seconds >= 172_800 ? ' days' : ' day'],
    [3600, ' h'],
    [60, ' min'],
    [1, ' s'],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '0 s';
  const parts: string[] = [];
  let left = seconds;
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count}${name}`);
    left -= count * size;
  }
  return parts.join(' ');
}

function time(date: string | null | undefined): number {
  return typeof date === 'string' ? Date.parse(date) : NaN;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
