import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { NotReady, type Check } from './check.ts';

/** The file in which `npm test` and `npm run test:all` leave the result of their last run. */
export const PROOF_FILE = 'build/proof.json';

/** The result of a proof, and what it has proved. */
export interface ProofRecord {
  readonly commit: string;
  /** Whether files differed from the commit when the proof began. */
  readonly changed: boolean;
  readonly tier: string;
  /** Whether some specs were left out by arguments. */
  readonly partial: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly node: string;
}

/** Returns the commit of a folder, and whether its files differ from it; undefined without git. */
export function stateOf(root: string): Pick<ProofRecord, 'commit' | 'changed'> | undefined {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const [commit, status] = [git('rev-parse', 'HEAD'), git('status', '--porcelain')];
  if (commit.status !== 0 || status.status !== 0) return undefined;
  return { commit: commit.stdout.trim(), changed: status.stdout !== '' };
}

/** Writes the record of a proof. */
export function writeProof(file: string, record: ProofRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** `npm run test:all` has passed on this very commit. */
export const proof: Check = {
  name: 'tests',
  run({ proof: text, git }) {
    if (text === undefined) {
      throw new NotReady(
        `expected a proof of this commit, got none: npm run test:all writes ${PROOF_FILE}, or name another with --proof FILE`,
      );
    }
    const record = JSON.parse(text) as Partial<ProofRecord>;
    const { commit, passed = 0, failed = 1, skipped = 0, node } = record;
    if (commit === undefined) {
      throw new NotReady(`expected a record that npm run test:all has written, got another file`);
    }
    const head = git('rev-parse', 'HEAD');
    const again = 'run npm run test:all again';
    if (record.tier !== 'all' || record.partial) {
      throw new NotReady(
        `expected a proof of npm run test:all, got one of ${record.partial ? 'some specs' : 'npm test'}: ${again}`,
      );
    }
    if (commit !== head) {
      throw new NotReady(
        `expected a proof of ${head.slice(0, 7)}, got one of ${commit.slice(0, 7)}: ${again}`,
      );
    }
    if (record.changed) {
      throw new NotReady(`expected a proof of a clean tree, got one with changed files: ${again}`);
    }
    if (failed > 0 || passed === 0) {
      throw new NotReady(`expected no failure, got ${passed} passed, ${failed} failed: ${again}`);
    }
    return `${passed} passed, ${failed} failed, ${skipped} skipped at ${head.slice(0, 7)}, ${node}`;
  },
};
