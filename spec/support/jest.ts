import { spawnSync } from 'node:child_process';
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

/** Runs Jest, shows its report on the screen, and counts the tests. */
export function runJest(
  args: readonly string[],
  { tier = 'all', env = {} }: JestOptions = {},
): Count {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-test-'));
  const report = join(folder, 'jest.json');
  const { status } = spawnSync(
    process.execPath,
    [...JEST, ...TIERS[tier], '--json', `--outputFile=${report}`, ...args],
    {
      cwd: ROOT,
      // Jest also prints its JSON on standard output, where nobody needs it.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    },
  );
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  try {
    const results = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    count.passed = results.numPassedTests;
    count.failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    count.skipped = results.numPendingTests + results.numTodoTests;
  } catch {
    console.error('FAIL jest wrote no report');
  }
  rmSync(folder, { recursive: true });
  // If Jest's exit status says that the run failed, at least one failure is counted.
  if (status !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/** The spec files that Jest runs for a tier. */
export function listSpecs(tier: Tier): string[] {
  const { stdout } = spawnSync(process.execPath, [...JEST, ...TIERS[tier], '--listTests'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return stdout.trim().split(/\r?\n/);
}
