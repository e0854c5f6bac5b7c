import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './runCommand.ts';

/** `fast` is `npm test`, `all` is `npm run test:all`. */
export type Tier = 'fast' | 'all';

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface JestOptions {
  readonly tier?: Tier;
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** The time limit in milliseconds. */
  readonly limit?: number;
}

/**
 * The arguments that start Jest in Node. Specs do not start npm, because Windows needs a shell for
 * it.
 */
const JEST = [
  '--experimental-vm-modules',
  '--no-warnings',
  join(ROOT, 'node_modules/jest/bin/jest.js'),
];

/** Jest's arguments for each tier. The fast tier leaves out the specs named `.long.spec.ts`. */
const TIERS = {
  fast: [String.raw`--testPathIgnorePatterns=\.long\.spec\.ts$`],
  all: [],
} as const satisfies Record<Tier, readonly string[]>;

/** The environment variable that tells `runningSpecs.mjs` where to list the running specs. */
const RUNNING = 'BOXPROP_RUNNING_SPECS';
/** The time that Jest gets, in milliseconds. A run on two slow processors takes half of it. */
const LIMIT = 50 * 60_000;

/**
 * Runs Jest, shows its report on the screen, and counts the tests. A run that exceeds the time limit
 * counts as failed, and the specs that were still running are named.
 */
export async function runJest(
  args: readonly string[],
  { tier = 'all', env = {}, limit = LIMIT }: JestOptions = {},
): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-test-'));
  const report = join(folder, 'jest.json');
  const running = join(folder, 'running.json');
  const reporters = ['default', join(ROOT, 'spec/support/runningSpecs.mjs')];
  const child = spawn(
    process.execPath,
    [
      ...JEST,
      ...TIERS[tier],
      ...reporters.map((reporter) => `--reporters=${reporter}`),
      ...['--json', `--outputFile=${report}`],
      ...args,
    ],
    {
      cwd: ROOT,
      // Jest also prints its JSON on standard output, where nobody needs it.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env, [RUNNING]: running },
      // A group of its own, so that a signal reaches Jest's workers too.
      detached: true,
    },
  );
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end('SIGKILL');
  }, limit);
  const stops = SIGNALS.map((signal) => [signal, () => end(signal)] as const);
  for (const [signal, stop] of stops) process.once(signal, stop);
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  for (const [signal, stop] of stops) process.off(signal, stop);
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  try {
    const results = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    count.passed = results.numPassedTests;
    count.failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    count.skipped = results.numPendingTests + results.numTodoTests;
  } catch {
    console.error(
      isLate
        ? `FAIL jest did not end within ${limit / 60_000} minutes; still running: ${readFileSync(running, 'utf8')}`
        : 'FAIL jest wrote no report',
    );
  }
  rmSync(folder, { recursive: true });
  // If Jest's exit status says that the run failed, at least one failure is counted.
  if (status !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/** The signals that end the proof and that Jest must get too. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The spec files that Jest runs for a tier. */
export function listSpecs(tier: Tier): string[] {
  const { stdout } = spawnSync(process.execPath, [...JEST, ...TIERS[tier], '--listTests'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return stdout.trim().split(/\r?\n/);
}
