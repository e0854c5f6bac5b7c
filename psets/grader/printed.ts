/** The most lines that are kept of one call, and the most characters of a line. */
const [MOST_LINES, MOST_CHARACTERS] = [20, 200];

/** The lines that were printed since they were last taken. */
let lines: string[] = [];
/** The number of lines that were printed and not kept. */
let dropped = 0;

/**
 * Replaces the global console, so that the lines that a submission prints are kept for the report.
 * They must not become part of the grader's own output. Of each call only the first lines are kept,
 * so a loop that prints without end fills no memory.
 */
export function keepPrinted(): void {
  const print = (...values: unknown[]): void => {
    if (lines.length >= MOST_LINES) {
      dropped++;
      return;
    }
    for (const line of values
      .map(textOf)
      .join(' ')
      .slice(0, 10 * MOST_CHARACTERS)
      .split('\n'))
      if (lines.length < MOST_LINES) lines.push(cut(line));
      else dropped++;
  };
  const ignore = () => undefined;
  const methods = {
    log: print,
    info: print,
    warn: print,
    error: print,
    debug: print,
    table: print,
  };
  const value = new Proxy(methods, {
    get: (target, name) => (name in target ? target[name as keyof typeof target] : ignore),
  });
  Object.defineProperty(globalThis, 'console', { value, configurable: true, writable: true });
}

/** Returns the lines that were printed since the last call of this function. */
export function takePrinted(): readonly string[] {
  const taken = dropped === 0 ? lines : [...lines, `(${dropped} more lines)`];
  [lines, dropped] = [[], 0];
  return taken;
}

const cut = (line: string) =>
  line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)} …` : line;

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    const plain: unknown = ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
    const text = JSON.stringify(plain, (_, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
    ) as string | undefined;
    return text ?? String(value);
  } catch {
    return String(value);
  }
}
