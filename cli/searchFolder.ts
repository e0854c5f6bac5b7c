import * as v from 'valibot';
import { open, type FileHandle } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkSchema, integer, number, object, record, text } from '../lib/schema.ts';
import { checkPoint, checkSpace } from '../search/checkSpace.ts';
import { readLines } from '../train/runLog.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import {
  SEARCH_METHODS,
  type SearchHistory,
  type SearchOptions,
  type SearchTask,
} from '../search/search.ts';
import type { Point, Space } from '../search/space.ts';
import type { FoldResult } from '../search/trial.ts';
import type { Reply } from './foldMessages.ts';
import { lockedFolder } from './lockedFolder.ts';
import { placed } from './placed.ts';
import { readFolderText, refuseFiles, SEARCH_FILES } from './runFiles.ts';
import { checkSpaceValues, modulesOf, readSpace, type SearchSpace } from './searchSpace.ts';

/** The options of a search: the content of `search.json` in its folder. */
export interface SearchPlan extends SearchSpace {
  /** The method that chooses the points. */
  readonly method: SearchOptions['method'];
  /** The number of points to try. */
  readonly trials: number;
  /** The number of training examples in all folds together. */
  readonly examples: number;
  /** The number of folds. */
  readonly folds: number;
  /** The seed of the points and the folds. */
  readonly seed: number;
  /**
   * When the method `gp` proposes a point, it does not wait for the results of this number of
   * preceding trials.
   */
  readonly ahead: number;
}

/** A line of `log.jsonl`. */
type Line =
  | { readonly type: 'point'; readonly trial: number; readonly point: Point }
  | ({ readonly type: 'fold'; readonly trial: number; readonly fold: number } & Reply);

/** Makes the schema of a line of the log of a search. */
function lineSchema({ trials, folds, space }: SearchPlan) {
  const trial = integer(0, trials - 1);
  const fold = { type: v.literal('fold'), trial, fold: integer(0, folds - 1) };
  const point = v.pipe(
    record(v.unknown()),
    v.transform((value) => checkPoint(space, value)),
  );
  // JSON writes a loss that is not finite as null. That is accepted, because the loss of a fold is
  // never used again.
  const loss = v.pipe(
    v.nullable(number()),
    v.transform((value) => value ?? NaN),
  );
  return v.lazy((value) => {
    if (isObject(value) && value.type === 'point')
      return object({ type: v.literal('point'), trial, point });
    if (isObject(value) && 'failed' in value) return object({ ...fold, failed: text() });
    const score = { errors: integer(0), examples: integer(1), loss, seconds: number(0) };
    return object({ ...fold, ...score });
  });
}

/**
 * The folder of a search. `search.json` has the options of the search. A line is appended to
 * `log.jsonl` for each point before it is tried, and for each fold when it is finished. Each line
 * is flushed to the disk before anything depends on it. If a search is killed, it loses only the
 * folds in progress; an incomplete last line is dropped.
 */
export class SearchFolder {
  /** The path of the folder. */
  readonly folder: string;
  /** The options of the search. */
  readonly plan: SearchPlan;
  readonly #lines: readonly Line[];
  readonly #handle: FileHandle;
  readonly #unlock: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    plan: SearchPlan,
    lines: readonly Line[],
    handle: FileHandle,
    unlock: () => Promise<void>,
  ) {
    this.folder = folder;
    this.plan = plan;
    this.#lines = lines;
    this.#handle = handle;
    this.#unlock = unlock;
  }

  /**
   * Creates the folder of a new search.
   *
   * Errors: a folder that cannot be written, that another process uses, or that already contains a
   *         search or a run.
   */
  static async create(folder: string, plan: SearchPlan): Promise<SearchFolder> {
    const unlock = await lockedFolder('--out', folder);
    try {
      const taken = ['search.json', 'config.json'].find((name) => existsSync(join(folder, name)));
      if (taken !== undefined) {
        const remedy = taken === 'config.json' ? '' : `; --resume ${folder} continues it`;
        throw new InputError(
          `--out: expected a folder without a run, got ${show(folder)}${remedy}`,
        );
      }
      await refuseFiles(folder, SEARCH_FILES);
      await writePlan(folder, plan);
      return new SearchFolder(folder, plan, [], await open(join(folder, 'log.jsonl'), 'a'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * Opens the folder of a search that was stopped.
   *
   * Errors: a folder without a search; a folder that another process uses; fewer trials than
   *         before; a number of trials for a grid.
   * @param trials the new number of trials.
   * @param space the file of the search space. It is needed if the search uses modules, because the
   *   folder alone must not cause code to run.
   */
  static async resume(folder: string, trials?: number, space?: string): Promise<SearchFolder> {
    const stored = await readPlan(folder);
    await checkModules(folder, stored, space);
    if (trials !== undefined && (stored.method === 'grid' || trials < stored.trials)) {
      const expected =
        stored.method === 'grid'
          ? 'none, because a grid has a fixed number'
          : `at least the ${stored.trials} so far`;
      throw new InputError(`--trials: expected ${expected}, got ${trials}`);
    }
    const plan = { ...stored, trials: trials ?? stored.trials };
    const file = join(folder, 'log.jsonl');
    await refuseLinks(folder, SEARCH_FILES);
    const unlock = await lockedFolder('--resume', folder);
    try {
      const lines = await readLines(file, lineSchema(plan));
      await writePlan(folder, plan);
      // Removes an incomplete line at the end of the file. Otherwise the next line would be
      // appended to it.
      await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      return new SearchFolder(folder, plan, lines, await open(file, 'a'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** The points and results of the earlier runs of this search. */
  get history(): SearchHistory {
    const points: Point[] = [];
    const results = new Map<string, FoldResult>();
    for (const line of this.#lines) {
      if (line.type === 'point') points[line.trial] = line.point;
      else results.set(`${line.trial}:${line.fold}`, resultOf(line));
    }
    return { points, result: (trial, fold) => results.get(`${trial}:${fold}`) };
  }

  /** Appends a point to the log. */
  addPoint(trial: number, point: Point): Promise<void> {
    return this.#add({ type: 'point', trial, point });
  }

  /** Appends the result of a fold to the log. */
  addFold({ trial, fold }: SearchTask, reply: Reply): Promise<void> {
    return this.#add({ type: 'fold', trial, fold, ...reply });
  }

  /** Waits for the last line, closes the log and unlocks the folder. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#handle.close();
    await this.#unlock();
  }

  #add(line: Line): Promise<void> {
    // Lines are written one after the other, because concurrent writes might interleave.
    const written = this.#last.then(async () => {
      await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
      await this.#handle.datasync();
    });
    this.#last = written.catch(() => undefined);
    return written.catch((error: unknown) => {
      const file = join(this.folder, 'log.jsonl');
      throw new InputError(`${file}: cannot be written: ${systemProblem(error)}`, { cause: error });
    });
  }
}

/** Converts the reply of a worker to a result. The score of a fold is its error rate. */
export function resultOf(reply: Reply): FoldResult {
  return 'failed' in reply ? { failed: reply.failed } : { score: reply.errors / reply.examples };
}

function writePlan(folder: string, plan: SearchPlan): Promise<void> {
  return writeFileAtomic(join(folder, 'search.json'), `${JSON.stringify(plan, undefined, 2)}\n`);
}

async function readPlan(folder: string): Promise<SearchPlan> {
  const file = join(folder, 'search.json');
  const text = await readFolderText('--resume', 'search', folder, 'search.json');
  const { space, ...plan } = checkSchema(file, PLAN, parseJson(file, text));
  const checked = placed(file, (): Space => {
    checkSpace(space);
    return space;
  });
  checkSpaceValues({ file, base: plan.base, space: checked });
  return { ...plan, space: checked };
}

/** The schema of a `SearchPlan`, without its dimensions. */
const PLAN = object({
  file: text(),
  base: record(v.unknown()),
  space: record(record(v.unknown())),
  method: v.picklist(SEARCH_METHODS),
  trials: integer(2),
  examples: integer(1),
  folds: integer(2),
  seed: integer(0),
  ahead: integer(0),
});

/**
 * Throws if the networks of a search are modules, unless the user names a search space with the
 * same modules.
 */
async function checkModules(folder: string, plan: SearchPlan, space?: string): Promise<void> {
  const modules = modulesOf(plan);
  if (modules.length === 0 && space === undefined) return;
  const given = space === undefined ? [] : modulesOf(await readSpace(space));
  const missing = modules.find((module) => !given.includes(module));
  if (missing === undefined) return;
  throw new InputError(
    `${join(folder, 'search.json')}: the search is of ${show(missing)}, and the folder of a search must not run code: ` +
      `name its space yourself: boxprop search SPACE --resume ${folder}`,
  );
}
