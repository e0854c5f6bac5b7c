/** Prints one line of a command's result to standard output. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Prints a line, such as the backend that starts and the reason, to standard error. Standard output
 * is for results.
 */
export function logBackend(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs work that the user may interrupt. While it runs, SIGINT and SIGTERM do not end the process,
 * but abort the `AbortSignal` that `run` gets.
 */
export async function untilSignal<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run(stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
