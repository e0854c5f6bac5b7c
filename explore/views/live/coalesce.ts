/**
 * Makes a task that never runs twice at once. Calls during a run become one more run after it.
 *
 * @param run an asynchronous function, which throws nothing before it returns its promise.
 * @returns the task; its promise ends with the last run.
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
