import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { lockFolder } from '../lib/files/folderLock.ts';
import { readLog } from '../train/runLog.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Earlier, SearchOptions, Task } from '../search/search.ts';
import type { Point } from '../search/space.ts';
import type { FoldResult } from '../search/trial.ts';
import type { Reply } from './foldMessages.ts';
import type { SearchSpace } from './searchSpace.ts';

/** What a search was started with; `search.json` in its folder. */
export interface SearchPlan extends SearchSpace {
  readonly method: SearchOptions['method'];
  readonly trials: number;
  /** Of all folds together. */
  readonly records: number;
  readonly folds: number;
  readonly seed: number;
  readonly ahead: number;
}

/** A line of `log.jsonl`. */
type Line =
  | { readonly type: 'point'; readonly trial: number; readonly point: Point }
  | ({ readonly type: 'fold'; readonly trial: number; readonly fold: number } & Reply);

/**
 * The folder of a search: `search.json`, and `log.jsonl`, to which each point is added before it is tried and each fold when
 * it is done, and on the disk before anything depends on it. So a search that is killed at any moment has lost the folds it
 * was at and no other; half a line is dropped.
 */
export class SearchFolder {
  readonly folder: string;
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

  /** Errors: a folder that cannot be written, that another process is at, or that has a search or a run. */
  static async create(folder: string, plan: SearchPlan): Promise<SearchFolder> {
    const unlock = await locked('--out', folder);
    try {
      const taken = ['search.json', 'config.json'].find((name) => existsSync(join(folder, name)));
      if (taken !== undefined) {
        const remedy = taken === 'config.json' ? '' : `; --resume ${folder} goes on with it`;
        throw new InputError(
          `--out: expected a folder without a run, got ${show(folder)}${remedy}`,
        );
      }
      await writePlan(folder, plan);
      return new SearchFolder(folder, plan, [], await open(join(folder, 'log.jsonl'), 'a'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** @param trials more than before. Errors: a folder without a search, or at work; fewer trials, or any of a grid. */
  static async resume(folder: string, trials?: number): Promise<SearchFolder> {
    const stored = await readPlan(folder);
    if (trials !== undefined && (stored.method === 'grid' || trials < stored.trials)) {
      const expected =
        stored.method === 'grid'
          ? 'none, for a grid has its own'
          : `at least the ${stored.trials} of before`;
      throw new InputError(`--trials: expected ${expected}, got ${trials}`);
    }
    const plan = { ...stored, trials: trials ?? stored.trials };
    const file = join(folder, 'log.jsonl');
    const unlock = await locked('--resume', folder);
    try {
      const lines = await readLog<Line>(file);
      await writePlan(folder, plan);
      // Without half a line, to which the next would be added.
      await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      return new SearchFolder(folder, plan, lines, await open(file, 'a'), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  get earlier(): Earlier {
    const points: Point[] = [];
    const results = new Map<string, FoldResult>();
    for (const line of this.#lines) {
      if (line.type === 'point') points[line.trial] = line.point;
      else results.set(`${line.trial}:${line.fold}`, resultOf(line));
    }
    return { points, result: (trial, fold) => results.get(`${trial}:${fold}`) };
  }

  addPoint(trial: number, point: Point): Promise<void> {
    return this.#add({ type: 'point', trial, point });
  }

  addFold({ trial, fold }: Task, reply: Reply): Promise<void> {
    return this.#add({ type: 'fold', trial, fold, ...reply });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#handle.close();
    await this.#unlock();
  }

  #add(line: Line): Promise<void> {
    // One after the other: two that are written at once might mix.
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

/** The score of a fold is its share of errors. */
export function resultOf(reply: Reply): FoldResult {
  return 'failed' in reply ? { failed: reply.failed } : { score: reply.errors / reply.records };
}

/** The folder, made if there is none, for this process alone. */
async function locked(option: string, folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return await lockFolder(folder);
  } catch (error) {
    const problem =
      error instanceof BoxpropError
        ? error.message
        : `expected a folder that can be written, got ${show(folder)}: ${systemProblem(error)}`;
    throw new InputError(`${option}: ${problem}`, { cause: error });
  }
}

function writePlan(folder: string, plan: SearchPlan): Promise<void> {
  return writeFileAtomic(join(folder, 'search.json'), `${JSON.stringify(plan, undefined, 2)}\n`);
}

async function readPlan(folder: string): Promise<SearchPlan> {
  const file = join(folder, 'search.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError(
      `--resume: expected the folder of a search, got ${show(folder)}: ${systemProblem(error)}`,
    );
  });
  try {
    const plan: unknown = JSON.parse(text);
    if (typeof plan === 'object' && plan !== null && 'space' in plan && 'method' in plan)
      return plan as SearchPlan;
  } catch {
    // Told below.
  }
  throw new InputError(
    `${file}: expected the options of a search as JSON, got ${show(text.slice(0, 40))}`,
  );
}
