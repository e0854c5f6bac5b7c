/**
 * Makes a function that shows the result of a task, but only that of the last one: an earlier task
 * may end later. Until then it shows `undefined`.
 */
export function latest<T>(
  show: (result: T | undefined) => void,
): (task: Promise<T>) => Promise<void> {
  let last: Promise<T> | undefined;
  return async (task) => {
    last = task;
    show(undefined);
    const result = await task;
    if (task === last) show(result);
  };
}
