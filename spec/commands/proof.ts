/**
 * `npm test [-- JEST ARGUMENTS]`: the fast proof, which every change must pass. It checks types,
 * lint, format, and unused exports, and runs every spec that is not named `.long.spec.ts`.
 *
 * `npm run test:all`: the whole proof. It runs the long specs too, lints every file rather than the
 * changed ones, and runs `npm run test:tensorflow` where TensorFlow is installed.
 *
 * Types, lint, and so on count as one check each. The last line is `N passed, N failed`, and the
 * exit status is 1 if anything failed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROOF_FILE, stateOf, writeProof } from '../../scripts/release/proof.ts';
import { runJest, type Count } from '../support/jest.ts';
import { ROOT } from '../support/runCommand.ts';

const [tier, ...jestArguments] = process.argv.slice(2);
if (tier !== 'fast' && tier !== 'all') throw new Error(`expected fast or all, got ${tier}`);

const MODULES = join(ROOT, 'node_modules');
const cache = (name: string) => join(MODULES, '.cache/boxprop', name);
const byContent = (name: string) => [
  '--cache',
  ...['--cache-strategy', 'content', '--cache-location', cache(name)],
];

const compile = (project: string, name: string) => [
  ...['typescript/bin/tsc', '-p', project],
  ...['--incremental', '--tsBuildInfoFile', cache(name)],
];

/**
 * A lint rule that uses types may depend on other files, so a cached result can be outdated. That
 * is why `test:all` lints without a cache. The caches of the compiler and of Prettier are always
 * right.
 */
const CHECKS = {
  types: compile('.', 'types'),
  // The page has the names of a browser, which the library must not use.
  'types:explore': compile('explore', 'types-explore'),
  lint: ['eslint/bin/eslint.js', '.', ...(tier === 'fast' ? byContent('eslint') : [])],
  format: [
    ...['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    ...byContent('prettier'),
  ],
  unused: ['knip/bin/knip.js', '--no-progress'],
};

async function check(name: string, [script, ...args]: readonly string[]): Promise<Count> {
  const child = spawn(process.execPath, [join(MODULES, script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  console.log(`${status === 0 ? 'pass' : 'FAIL'} npm run ${name}`);
  return { passed: Number(status === 0), failed: Number(status !== 0), skipped: 0 };
}

function proveOnTensorflow(): Count {
  if (!existsSync(join(MODULES, '@tensorflow/tfjs-node'))) {
    console.log(
      'skip npm run test:tensorflow: TensorFlow is not installed; npm run -s boxprop -- setup tensorflow',
    );
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const node = ['--conditions=boxprop-source', '--import', 'tsx', 'spec/commands/tensorflow.mjs'];
  const { stdout } = spawnSync(process.execPath, node, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  process.stdout.write(stdout);
  const last = /^(\d+) passed, (\d+) failed\s*$/m.exec(stdout);
  // A run without a last line has crashed, so it counts as failed.
  const [passed, failed] = last === null ? [0, 1] : last.slice(1).map(Number);
  console.log(`${failed === 0 ? 'pass' : 'FAIL'} npm run test:tensorflow`);
  return { passed, failed, skipped: 0 };
}

// Specs may write files, so this is read before they run.
const state = stateOf(ROOT);
const counts = await Promise.all(Object.entries(CHECKS).map(([name, args]) => check(name, args)));
counts.push(await runJest(jestArguments, { tier }));
if (tier === 'all') counts.push(proveOnTensorflow());
const total = (key: keyof Count) => counts.reduce((sum, count) => sum + count[key], 0);
const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
if (state !== undefined) {
  // `npm run release` reads which commit has been proved.
  writeProof(join(ROOT, PROOF_FILE), {
    ...state,
    tier,
    partial: jestArguments.length > 0,
    ...{ passed: total('passed'), failed: total('failed'), skipped: total('skipped') },
    node: process.version,
  });
}
console.log(`${total('passed')} passed, ${total('failed')} failed${skipped}`);
process.exitCode = total('failed') > 0 ? 1 : 0;
