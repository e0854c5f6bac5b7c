import type { Pset, Task } from '../pset.ts';
import { PLACES, placesOf, propertiesOf } from './atoms.ts';
import type { Exhibit } from './evidence.ts';

/** A part of all numbers of all cases, outside of which everything is right. */
export interface Region {
  /** The name of the region, as it follows "only". */
  readonly phrase: string;
  /** Whether each number of a case is inside. */
  readonly holds: (exhibit: Exhibit) => readonly boolean[];
  /** The share of the numbers inside that are wrong. */
  readonly share: number;
}

/** The smallest share of wrong numbers in a region that is named. */
const LEAST_SHARE = 0.3;
/** The smallest gain of share for which a second property is named. */
const GAIN = 0.15;
/** The most regions that are returned. */
const MOST = 4;

/**
 * Lists the regions that contain all wrong numbers and leave out some right ones, from the best to
 * the worst: those in which most numbers are wrong come first.
 */
export function regionsOf(pset: Pset, task: Task, evidence: readonly Exhibit[]): readonly Region[] {
  const named = [
    ...propertiesOf(pset, task).map(({ phrase, holds }) => {
      const inside = ({ item, got }: Exhibit): readonly boolean[] => {
        const held = holds(item.args);
        if (typeof held !== 'boolean')
          return held.length === got.length ? held : got.map(() => false);
        return got.map(() => held);
      };
      return { phrase, holds: inside };
    }),
    ...PLACES.map(([phrase, holds]) => ({
      phrase,
      holds: ({ value }: Exhibit) => placesOf(value).map(holds),
    })),
  ];
  const single = named.flatMap((one) => measured(one, evidence));
  const [best] = [...single].sort((a, b) => b.share - a.share);
  const double = single.flatMap((one, at) =>
    single.slice(at + 1).flatMap((two) =>
      measured(
        {
          phrase: `${one.phrase}, ${two.phrase}`,
          holds: (exhibit) => {
            const second = two.holds(exhibit);
            return one.holds(exhibit).map((is, i) => is && second[i]);
          },
        },
        evidence,
      ).filter(({ share }) => share > best.share + GAIN),
    ),
  );
  return [...double, ...single]
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST);
}

/** Returns the region with its share, or nothing if it is no region of the wrong numbers. */
function measured(
  { phrase, holds }: Omit<Region, 'share'>,
  evidence: readonly Exhibit[],
): Region[] {
  let [wrongInside, inside, rightOutside, casesOutside, wrongCases] = [0, 0, 0, 0, 0];
  for (const exhibit of evidence) {
    const held = holds(exhibit);
    let [outside, failing] = [0, 0];
    for (const [i, wrong] of exhibit.wrong.entries()) {
      if (!exhibit.counts[i]) continue;
      if (wrong && !held[i]) return [];
      if (held[i]) inside++;
      else outside++;
      if (wrong) failing++;
    }
    wrongInside += failing;
    rightOutside += outside;
    casesOutside += outside > 0 ? 1 : 0;
    wrongCases += failing > 0 ? 1 : 0;
  }
  const enough = rightOutside >= 3 && casesOutside >= 2 && wrongCases >= 2;
  return enough ? [{ phrase, holds, share: wrongInside / inside }] : [];
}
