/**
 * Makes a function that shows the result of the task that was started last. (An earlier task may
 * end later.) Until that task ends, it shows `undefined`.
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
