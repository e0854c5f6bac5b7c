import * as v from 'valibot';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFile } from '../lib/files/createFile.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { isObject } from '../lib/isObject.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkSchema, integer, number, object, record, text } from '../lib/schema.ts';
import { checkPoint } from '../search/checkSpace.ts';
import type { SearchHistory, SearchTask } from '../search/search.ts';
import type { Point } from '../search/space.ts';
import type { FoldResult } from '../search/trial.ts';
import type { Reply } from './foldMessages.ts';
import { placed } from './placed.ts';
import type { SearchPlan } from './searchPlan.ts';

/** A fold of a trial, both counted from 0. */
export type FoldId = Pick<SearchTask, 'trial' | 'fold'>;

/** The names in `trials/`. */
interface Listing {
  /** Returns whether the point of a trial is stored. */
  readonly hasPoint: (trial: number) => boolean;
  /** Returns whether the result of a fold is stored. */
  readonly hasResult: (fold: FoldId) => boolean;
  /** Returns the numbers of the leases of a fold, in ascending order. */
  readonly leasesOf: (fold: FoldId) => readonly number[];
}

/**
 * The folder of a search, in which any number of processes work at the same time. `search.json` has
 * its options. `trials/` has a file for each point and for each fold that has finished, such as
 * `trial-3.json` and `trial-3.fold-1.json`, with the numbers that the table of results shows. Each
 * file is created whole and by one process only, and never changes. If a process is killed, only
 * its folds in progress are lost.
 */
export class SearchFolder {
  /** The path of the folder. */
  readonly folder: string;
  /** The options of the search. */
  readonly plan: SearchPlan;
  /** The points and results that were stored when the folder was opened. */
  readonly history: SearchHistory;

  private constructor(folder: string, plan: SearchPlan, history: SearchHistory) {
    this.folder = folder;
    this.plan = plan;
    this.history = history;
  }

  /**
   * Opens the folder of a search that has a plan, and reads the points and results.
   *
   * Errors: a file that is not a point or a result.
   */
  static async open(folder: string, plan: SearchPlan): Promise<SearchFolder> {
    const points: Point[] = [];
    const results = new Map<string, FoldResult>();
    const search = new SearchFolder(folder, plan, {
      points,
      result: (trial, fold) => results.get(`${trial}:${fold}`),
    });
    const { hasPoint, hasResult } = await search.list();
    const trials = Array.from({ length: plan.trials }, (_, trial) => trial);
    await Promise.all(
      trials.map(async (trial) => {
        if (hasPoint(trial)) points[trial] = await search.#readPoint(trial);
        for (let fold = 0; fold < plan.folds; fold++) {
          if (hasResult({ trial, fold }))
            results.set(`${trial}:${fold}`, await search.readFold({ trial, fold }));
        }
      }),
    );
    return search;
  }

  /** Lists the results and leases at this moment. */
  async list(): Promise<Listing> {
    const names = new Set(await readdir(this.#trials));
    const leases = new Map<string, number[]>();
    for (const name of names) {
      const [, fold, number] = /^(trial-\d+\.fold-\d+)\.lease-(\d+)$/.exec(name) ?? [];
      if (fold !== undefined) leases.set(fold, [...(leases.get(fold) ?? []), Number(number)]);
    }
    return {
      hasPoint: (trial) => names.has(`trial-${trial + 1}.json`),
      hasResult: (fold) => names.has(`${nameOf(fold)}.json`),
      leasesOf: (fold) => (leases.get(nameOf(fold)) ?? []).sort((a, b) => a - b),
    };
  }

  /**
   * Stores the point of a trial, unless another process has done so.
   *
   * @returns the point that is stored.
   */
  async addPoint(trial: number, point: Point): Promise<Point> {
    const file = this.#pointFile(trial);
    if (!existsSync(file) && (await createFile(file, `${JSON.stringify(point)}\n`))) return point;
    return this.#readPoint(trial);
  }

  /**
   * Stores the result of a fold, unless another process has done so, and removes its leases.
   *
   * @returns the result that is stored.
   */
  async addFold(fold: FoldId, reply: Reply): Promise<FoldResult> {
    const line = JSON.stringify({ ...reply, process: `${process.pid} of ${hostname()}` });
    const isFirst = await createFile(this.#foldFile(fold), `${line}\n`);
    const { leasesOf } = await this.list();
    for (const number of leasesOf(fold)) await rm(this.leaseFile(fold, number), { force: true });
    return isFirst ? resultOf(reply) : this.readFold(fold);
  }

  /** Returns whether the result of a fold is stored. */
  hasFold(fold: FoldId): boolean {
    return existsSync(this.#foldFile(fold));
  }

  /** Reads the result of a fold. Errors: a file that is not one. */
  async readFold(fold: FoldId): Promise<FoldResult> {
    const file = this.#foldFile(fold);
    return resultOf(checkSchema(file, FOLD, parseJson(file, await readRegularText(file))));
  }

  /** Returns the path of a lease of a fold. */
  leaseFile(fold: FoldId, number: number): string {
    return join(this.#trials, `${nameOf(fold)}.lease-${number}`);
  }

  /**
   * Removes what killed processes have left beside the points and results of the plan's trials, all
   * of which must have ended. Other processes may work on more trials.
   */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.#trials)) {
      const [, trial] = /^\.?trial-(\d+)\..*(?:\.lease-\d+|\.tmp)$/.exec(name) ?? [];
      if (trial === undefined || Number(trial) > this.plan.trials) continue;
      await rm(join(this.#trials, name), { force: true });
    }
  }

  get #trials(): string {
    return join(this.folder, 'trials');
  }

  #pointFile(trial: number): string {
    return join(this.#trials, `trial-${trial + 1}.json`);
  }

  #foldFile(fold: FoldId): string {
    return join(this.#trials, `${nameOf(fold)}.json`);
  }

  async #readPoint(trial: number): Promise<Point> {
    const file = this.#pointFile(trial);
    const value = checkSchema(file, POINT, parseJson(file, await readRegularText(file)));
    return placed(file, () => checkPoint(this.plan.space, value));
  }
}

/** Converts the reply of a worker to a result. The score of a fold is its error rate. */
function resultOf(reply: Reply): FoldResult {
  return 'failed' in reply ? { failed: reply.failed } : { score: reply.errors / reply.examples };
}

const POINT = record(v.unknown());

/** The schema of the result of a fold. JSON writes a loss that is not finite as null. */
const FOLD = v.lazy((value) => {
  const own = { process: text() };
  if (isObject(value) && 'failed' in value) return object({ ...own, failed: text() });
  const loss = v.pipe(
    v.nullable(number()),
    v.transform((one) => one ?? NaN),
  );
  return object({ ...own, errors: integer(0), examples: integer(1), loss, seconds: number(0) });
});

function nameOf({ trial, fold }: FoldId): string {
  return `trial-${trial + 1}.fold-${fold + 1}`;
}
