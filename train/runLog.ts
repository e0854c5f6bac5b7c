import { appendFile, readFile } from 'node:fs/promises';
import { InputError } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';

/** A line of a run's `log.jsonl`. */
export interface LogLine {
  readonly type: 'step' | 'epoch' | 'failed';
  readonly step: number;
  readonly [key: string]: unknown;
}

/**
 * A run's log, a line of JSON for each event. Lines wait in memory until `flush`, so that the file is never behind a
 * checkpoint that is written after it.
 */
export class RunLog {
  readonly file: string;
  #waiting: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  add(line: LogLine): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
  }

  /** Errors: a file that cannot be written. */
  async flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    if (text === '') return;
    try {
      await appendFile(this.file, text);
    } catch (error) {
      // What comes next is not to be the end of half a line.
      this.#waiting = ['\n'];
      throw new InputError(`${this.file}: cannot be written: ${systemProblem(error)}`, {
        cause: error,
      });
    }
  }

  /** Drops what came after a checkpoint with this many steps, half a line among it. */
  async rewind(steps: number): Promise<void> {
    const kept = (await readLog(this.file)).filter(
      ({ type, step }) => step < steps + (type === 'epoch' ? 1 : 0),
    );
    await writeFileAtomic(this.file, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}

/** The whole lines of a log; none if there is no file. */
export async function readLog<Line = LogLine>(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return []; // The machine stopped within the line.
    }
  });
}
