import { constants } from 'node:os';
import { ANNOUNCEMENT } from './ranks.ts';

/** The end of a rank that did not end by itself. */
export interface Death {
  /** The number of the rank; undefined if it died before it could say who it is. */
  readonly rank?: number;
  /** The name of a signal, or `exit status 3`. */
  readonly by: string;
}

/** The line with which Open MPI begins and ends its reports. */
const DASHES = '-'.repeat(74);
/** The lines of MPICH's report. */
const MPICH =
  /^(={60,}$|=\s+(BAD TERMINATION|(RANK \d+ )?PID|EXIT CODE|CLEANING UP|YOU CAN IGNORE|KILLED BY)|YOUR APPLICATION TERMINATED WITH|This typically refers to a problem|Please see the FAQ page)/;

/** Recognizes the lines that MPICH and Open MPI print when a rank dies. */
export class LauncherReport {
  /** The rank that died first; undefined if the launcher has not reported a death. */
  died: Death | undefined;
  /** The lines of the launcher itself. */
  readonly swallowed: string[] = [];
  readonly #ranks = new Map<number, number>();
  #process: number | undefined;
  #isInside = false;

  /** The processes of the ranks that have said who they are. */
  get processes(): readonly number[] {
    return [...this.#ranks.keys()];
  }

  /**
   * Returns whether a line comes from the launcher, or is the line with which a rank says who it
   * is. Such lines are not shown.
   */
  isOfLauncher(line: string): boolean {
    const [, rank, pid] = RegExp(`^${ANNOUNCEMENT} (\\d+) (\\d+)$`).exec(line) ?? [];
    if (rank !== undefined) {
      this.#ranks.set(Number(pid), Number(rank));
      return true;
    }
    const isOfLauncher = this.#isOfMpich(line) || this.#isOfOpenMpi(line);
    if (isOfLauncher) this.swallowed.push(line);
    return isOfLauncher;
  }

  #isOfMpich(line: string): boolean {
    const [, pid] = /^=\s+(?:RANK \d+ )?PID (\d+) RUNNING AT/.exec(line) ?? [];
    if (pid !== undefined) this.#process = Number(pid);
    const [, code] = /^=\s+EXIT CODE: (\d+)/.exec(line) ?? [];
    if (code !== undefined && this.#process !== undefined)
      this.#die(this.#ranks.get(this.#process), Number(code));
    return MPICH.test(line);
  }

  /** Open MPI prints its report between two lines of dashes. */
  #isOfOpenMpi(line: string): boolean {
    if (line === DASHES) {
      this.#isInside = !this.#isInside;
      return true;
    }
    const [, rank, code] =
      /process rank (\d+) with PID .* exited on\s*signal (\d+)/.exec(line) ?? [];
    if (rank !== undefined) this.#die(Number(rank), Number(code));
    return this.#isInside;
  }

  #die(rank: number | undefined, code: number): void {
    const [name] = Object.entries(constants.signals).find(([, number]) => number === code) ?? [];
    this.died ??= { ...(rank !== undefined && { rank }), by: name ?? `exit status ${code}` };
  }
}
