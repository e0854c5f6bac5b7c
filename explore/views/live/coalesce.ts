/**
 * Makes a task that never runs twice at the same time. If it is called several times during a run,
 * it runs once more after that run.
 *
 * @param run an asynchronous function. It must not throw before it returns its promise.
 * @returns the task. Its promise resolves at the end of the last run.
 */
export function coalesce(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const loop = async () => {
    try {
      do {
        again = false;
        await run();
      } while (again);
    } finally {
      running = undefined;
    }
  };
  return () => {
    again = true;
    running ??= loop();
    return running;
  };
}
