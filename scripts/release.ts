/**
 * `npm run release -- 0.2.0 --dry-run` checks whether version 0.2.0 can be released, with one line
 * per check, and changes nothing. Without `--dry-run` it makes the tag `v0.2.0` if every check has
 * passed. It never publishes: the workflow `.github/workflows/release.yml` does, when the tag is
 * pushed.
 *
 * `--proof FILE` names the record of a proof that has run already, which is `build/proof.json` by
 * default. Without one for this commit, `npm run test:all` runs first.
 *
 * The last line is `N passed, N failed`. The exit status is 1 if the release must wait.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { packTarball } from './package/packTarball.ts';
import { formatOutcome, outcomeOf, type Check } from './release/check.ts';
import { licences } from './release/licenceCheck.ts';
import { openRelease } from './release/openRelease.ts';
import { contents, sizes, types } from './release/packageChecks.ts';
import { proof, PROOF_FILE, stateOf, type ProofRecord } from './release/proof.ts';
import { provenance } from './release/provenanceCheck.ts';
import { branch, tree } from './release/repositoryChecks.ts';
import { changelog, examples, version } from './release/versionChecks.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHECKS: readonly Check[] = [
  ...[tree, branch, version, changelog, examples, proof],
  ...[sizes, types, contents, licences, provenance],
];
const USAGE = 'usage: npm run release -- VERSION [--dry-run] [--proof FILE]';

/** Ends the program with a line that says what to do. */
function stop(message: string): never {
  console.error(`release: ${message}`);
  process.exit(1);
}

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, proof: { type: 'string' } },
    });
    const [wanted = '', ...others] = positionals;
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted) || others.length > 0) {
      return stop(
        `expected one version such as 0.2.0, got ${positionals.join(' ') || 'none'}; ${USAGE}`,
      );
    }
    return { version: wanted, isDry: values['dry-run'] === true, proofFile: values.proof };
  } catch (error) {
    return stop(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)}; ${USAGE}`,
    );
  }
}

/** Returns the record of the proof that the user names, or of a proof of this commit. */
function findProof(named: string | undefined): string | undefined {
  if (named !== undefined) {
    if (!existsSync(named)) stop(`expected the record of a proof at ${named}, found none`);
    return readFileSync(named, 'utf8');
  }
  const file = join(ROOT, PROOF_FILE);
  const state = stateOf(ROOT);
  const isProven = () => {
    if (!existsSync(file)) return false;
    const { commit, tier } = JSON.parse(readFileSync(file, 'utf8')) as ProofRecord;
    return commit === state?.commit && tier === 'all';
  };
  if (!isProven() && state?.changed === false) {
    console.log(`${PROOF_FILE} is of no proof of this commit: npm run test:all`);
    spawnSync('npm', ['run', 'test:all'], { cwd: ROOT, stdio: 'inherit', shell: true });
  }
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

const { version: wanted, isDry, proofFile } = readArguments();
const folder = mkdtempSync(join(tmpdir(), 'boxprop-release-'));
try {
  const found = findProof(proofFile);
  const tarball = packTarball(folder);
  const release = openRelease({ root: ROOT, version: wanted, tarball, proof: found });
  const outcomes = CHECKS.map((check) => outcomeOf(check, release));
  for (const outcome of outcomes) console.log(formatOutcome(outcome));
  const failed = outcomes.filter(({ isReady }) => !isReady).length;
  const isTagged = release.git('tag', '--points-at', 'HEAD').split('\n').includes(`v${wanted}`);
  if (failed === 0 && !isDry && !isTagged) {
    release.git('tag', '--annotate', `v${wanted}`, '--message', `boxprop ${wanted}`);
  }
  if (failed > 0) console.log(`${wanted} must wait; nothing was tagged or published`);
  else if (isDry) console.log(`${wanted} is ready; this was a dry run: nothing was tagged`);
  else console.log(`git push origin v${wanted} publishes ${wanted}`);
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
