import { constants } from 'node:os';
import { oneLine } from '../lib/oneLine.ts';
import { systemCode, systemProblem } from '../lib/files/systemError.ts';

/** Prints one line of a command's result to standard output. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Prints one line about the command itself to standard error, because standard output is for
 * results.
 */
export function printNote(line: string): void {
  process.stderr.write(`boxprop: ${oneLine(line)}\n`);
}

/** Prints a line of the log to standard error, such as which backend starts and why. */
export function logBackend(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * The signals that ask a command to end. They come from Ctrl-C, from `kill`, and from a terminal
 * that is closed.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The reason with which `untilSignal` aborts. */
class Interruption extends Error {
  readonly by: (typeof SIGNALS)[number];

  constructor(by: (typeof SIGNALS)[number]) {
    super(`interrupted by ${by}`);
    this.by = by;
  }
}

/**
 * The time, in milliseconds, within which npm may send a Ctrl-C again that the terminal has already
 * sent to this process.
 */
const REPEATED = 1000;

/**
 * Runs work that the user may interrupt. While it runs, the first SIGINT, SIGTERM or SIGHUP aborts
 * the `AbortSignal` that `run` receives, and does not end the process. A second signal ends the
 * process at once, unless both are SIGHUP, because a terminal sends several when it is closed.
 */
export async function untilSignal<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let first = 0;
  const unlisten = () => SIGNALS.forEach((name) => process.off(name, onSignal));
  const onSignal = (by: NodeJS.Signals) => {
    const name = SIGNALS.find((one) => one === by);
    if (name === undefined) return;
    if (!stop.signal.aborted) {
      first = performance.now();
      stop.abort(new Interruption(name));
    } else if (name !== 'SIGHUP' && performance.now() - first > REPEATED) {
      unlisten();
      process.kill(process.pid, name);
    }
  };
  SIGNALS.forEach((name) => process.on(name, onSignal));
  try {
    return await run(stop.signal);
  } finally {
    unlisten();
  }
}

/**
 * Ends a command that a signal has interrupted, after its work has been saved. It prints a note,
 * and sets the exit status that a shell gives to a process that this signal has ended, such as 130
 * for Ctrl-C.
 */
export function endInterrupted(signal: AbortSignal, note: string): void {
  printNote(note);
  process.exitCode = interruptedStatus(signal);
}

/** Returns the exit status of a command that a signal interrupted. */
export function interruptedStatus(signal: AbortSignal): number {
  const { reason } = signal as { readonly reason: unknown };
  return 128 + constants.signals[reason instanceof Interruption ? reason.by : 'SIGINT'];
}

/**
 * The codes of the errors that occur if the reader of standard output or standard error has gone.
 */
const GONE = ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

/**
 * Lets the command continue if nobody reads its output, as in `boxprop train lenet | head -1`,
 * because its files and its exit status matter as well. If a result cannot be written for another
 * reason, such as a full disk, that is an error.
 */
export function outliveReaders(): void {
  let failed = false;
  process.stdout.on('error', (error: Error) => {
    if (failed || GONE.includes(systemCode(error) ?? '')) return;
    failed = true;
    printNote(`standard output cannot be written: ${systemProblem(error)}`);
    process.on('exit', () => (process.exitCode ||= 1));
  });
  // An error of standard error cannot be reported anywhere.
  process.stderr.on('error', () => {});
}
