/**
 * Returns the code of an operating system error, such as `ENOENT`, or undefined for any other
 * error.
 */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Returns Node's error message without the system call and the paths:
 * `ENOENT: no such file or directory`.
 */
export function systemProblem(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined || typeof error !== 'object' || error === null) return String(error);
  const text = 'message' in error ? String(error.message) : '';
  return text.startsWith(`${code}: `) ? text.split(', ')[0] : code;
}
