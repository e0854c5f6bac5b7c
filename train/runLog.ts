import { appendFile } from 'node:fs/promises';
import * as v from 'valibot';
import { InputError } from '../lib/errors.ts';
import { checkSchema, integer } from '../lib/schema.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';

/**
 * A line of a run's `log.jsonl`. It describes an event, with fields that depend on the event's
 * type.
 */
export interface LogLine {
  /** The type of the event. */
  readonly type: 'step' | 'epoch' | 'failed';
  /** The number of the step, counted from 0; for an epoch, the number of steps so far. */
  readonly step: number;
  readonly [key: string]: unknown;
}

/**
 * The log of a run, one line of JSON per event. Lines are kept in memory until `flush`. Flush the
 * log before you write a checkpoint, so that the file always contains all steps up to the
 * checkpoint.
 *
 *     const log = new RunLog('runs/lenet/log.jsonl');
 *     log.add({ type: 'step', step: 0, loss: 2.3 });
 */
export class RunLog {
  /** The path of the file. */
  readonly file: string;
  #waiting: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** Adds a line, which stays in memory until `flush`. */
  add(line: LogLine): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
  }

  /** Appends the lines in memory to the file. Errors: a file that cannot be written. */
  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    if (text === '') return;
    try {
      await appendFile(this.file, text);
    } catch (error) {
      // The file may now end in the middle of a line. A line break separates it from the next line.
      this.#waiting = ['\n'];
      throw new InputError(`${this.file}: cannot be written: ${systemProblem(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Removes all lines that were written after a checkpoint at step `steps`.
   *
   * @returns the number of steps before the checkpoint that are missing in the log, because
   *   somebody has deleted or truncated the file.
   */
  async rewind(steps: number): Promise<number> {
    const kept = (await readLog(this.file)).filter(
      ({ type, step }) => step < steps + (type === 'epoch' ? 1 : 0),
    );
    await writeFileAtomic(this.file, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return steps - new Set(kept.flatMap(({ type, step }) => (type === 'step' ? [step] : []))).size;
  }
}

/** The schema of a line, without the fields that depend on its type. */
const LINE = v.looseObject({ type: v.picklist(['step', 'epoch', 'failed']), step: integer(0) });

/**
 * Reads the complete lines of a run's log. If the file does not exist, the list is empty.
 *
 * Errors: `log.jsonl: line 3: expected an object, got null`.
 */
export async function readLog(file: string): Promise<LogLine[]> {
  const text = (await pathKind(file)) === 'missing' ? '' : await readRegularText(file);
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return []; // The machine stopped while this line was written.
    }
    return [checkSchema(`${file}: line ${i + 1}`, LINE, value)];
  });
}
