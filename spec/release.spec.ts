import { formatOutcome, outcomeOf, type Check, type Release } from '../scripts/release/check.ts';
import { licences } from '../scripts/release/licenceCheck.ts';
import { contents, sizes, types } from '../scripts/release/packageChecks.ts';
import { proof, type ProofRecord } from '../scripts/release/proof.ts';
import { provenance } from '../scripts/release/provenanceCheck.ts';
import { readTar } from '../scripts/release/readTar.ts';
import { branch, tree } from '../scripts/release/repositoryChecks.ts';
import { changelog, examples, version } from '../scripts/release/versionChecks.ts';

/** Each check of a release passes a release that is ready, and says what is wrong with another. */

const HEAD = '0123456789abcdef0123456789abcdef01234567';

const PACKAGE = {
  version: '0.2.0',
  main: './dist/index.js',
  types: './dist/index.d.ts',
  bin: { boxprop: './dist/cli/main.js' },
  exports: { '.': { default: './dist/index.js' }, './package.json': './package.json' },
  repository: { url: 'git+https://github.com/boxprop/boxprop.git' },
};

const LOCK = {
  version: '0.2.0',
  packages: {
    '': { version: '0.2.0', license: 'MIT' },
    'node_modules/valibot': { license: 'MIT' },
    'node_modules/commander': { dev: true, license: 'MIT' },
    'node_modules/sharp': { optional: true, license: 'LGPL-3.0-or-later' },
  },
};

const WORKFLOW = `on:
  push:
    tags: ['v*']
jobs:
  publish:
    environment: npm
    permissions:
      id-token: write
    steps:
      - run: npm publish ./boxprop-*.tgz --provenance --access public
`;

const PROOF: ProofRecord = {
  ...{ commit: HEAD, changed: false, tier: 'all', partial: false },
  ...{ passed: 5000, failed: 0, skipped: 3, node: 'v20.20.2' },
};

/** Files of a release that is ready, and what git says. A spec changes one of them. */
const ready = {
  tree: {
    'package.json': JSON.stringify(PACKAGE),
    'package-lock.json': JSON.stringify(LOCK),
    'CHANGELOG.md':
      '# Changelog\n\n## 0.2.0 (2026-12-01)\n\nNew.\n\n## 0.1.0 (2026-11-26)\n\nOld.\n',
    'examples/serving/package.json': '{ "dependencies": { "boxprop": "^0.2.0" } }',
    '.github/workflows/release.yml': WORKFLOW,
  },
  git: {
    'status --porcelain': '',
    'rev-parse HEAD': HEAD,
    'rev-parse --short HEAD': HEAD.slice(0, 7),
    'tag --points-at HEAD': '',
    'tag --list v0.2.0': '',
    'tag --list v*': 'v0.1.0',
    'branch --show-current': 'main',
    'ls-files examples/*/package.json': 'examples/serving/package.json',
  },
  tarball: {
    'package.json': JSON.stringify(PACKAGE),
    'README.md': '# boxprop',
    LICENSE: 'MIT',
    'CHANGELOG.md': '# Changelog',
    'dist/index.js': '',
    'dist/index.d.ts': `export { Linear } from './modules/linear.js';`,
    'dist/modules/linear.d.ts': `import type { Shape } from '../index.js';`,
    'dist/cli/main.js': '',
    'dist/vendor/LICENSES.txt': 'commander 14.0.3\n\nMIT License\n',
  },
  proof: JSON.stringify(PROOF) as string | undefined,
  packedSize: 3.4e6,
};

type Changes = Partial<Record<'tree' | 'git' | 'tarball', Readonly<Record<string, string>>>> & {
  readonly without?: string;
  readonly proof?: string | undefined;
  readonly packedSize?: number;
};

function release({ without, ...changes }: Changes = {}): Release {
  const from = (texts: Readonly<Record<string, string>>) => (key: string) => {
    const found = texts[key];
    if (found === undefined) throw new Error(`no ${key}`);
    return found;
  };
  const packed = Object.entries({ ...ready.tarball, ...changes.tarball }).filter(
    ([path]) => path !== without,
  );
  const git = from({ ...ready.git, ...changes.git });
  return {
    version: '0.2.0',
    read: from({ ...ready.tree, ...changes.tree }),
    git: (...args) => git(args.join(' ')),
    files: new Map(packed.map(([path, text]) => [path, text.length])),
    packed: from(Object.fromEntries(packed)),
    proof: 'proof' in changes ? changes.proof : ready.proof,
    packedSize: changes.packedSize ?? ready.packedSize,
  };
}

const line = (check: Check, changes: Changes = {}) =>
  formatOutcome(outcomeOf(check, release(changes)));

test('a release that is ready passes every check', () => {
  const checks = [
    ...[tree, branch, version, changelog, examples, proof],
    ...[sizes, types, contents, licences, provenance],
  ];
  expect(checks.map((check) => line(check))).toEqual([
    'pass clean tree: nothing differs from 0123456',
    'pass branch: main; v0.2.0 is new',
    'pass version: package.json, package-lock.json, packages[""] of package-lock.json say 0.2.0',
    'pass changelog: "## 0.2.0 (2026-12-01)" has 1 lines',
    'pass examples: 1 take ^0.2.0',
    'pass tests: 5000 passed, 0 failed, 3 skipped at 0123456, v20.20.2',
    'pass sizes: 3.4 MB packed, 0.0 MB in 9 files',
    'pass types: 2 declaration files import nothing that is missing',
    'pass contents: 9 files that package.json names are there, nothing foreign',
    'pass licences: 1 dependencies, 1 bundled packages, all permissive',
    'pass provenance: .github/workflows/release.yml publishes git+https://github.com/boxprop/boxprop.git by OIDC',
  ]);
});

test('the workflow checks at the tag, where there is no branch', () => {
  const git = { 'tag --points-at HEAD': 'v0.2.0', 'branch --show-current': '' };
  expect(line(branch, { git })).toBe('pass branch: HEAD is v0.2.0');
});

const inPackage = (changes: object) => JSON.stringify({ ...PACKAGE, ...changes });
const inProof = (changes: object) => JSON.stringify({ ...PROOF, ...changes });
const inLock = (packages: object) =>
  JSON.stringify({ ...LOCK, packages: { ...LOCK.packages, ...packages } });

test.each<[string, Check, Changes, string]>([
  [
    'a changed file',
    tree,
    { git: { 'status --porcelain': ' M README.md\n?? notes.txt' } },
    'FAIL clean tree: expected no changed file, got README.md and 1 more: commit or remove them',
  ],
  [
    'another branch',
    branch,
    { git: { 'branch --show-current': 'try' } },
    'FAIL branch: expected the branch main, got try: git switch main',
  ],
  [
    'a tag elsewhere',
    branch,
    { git: { 'tag --list v0.2.0': 'v0.2.0', 'rev-parse --short v0.2.0^{commit}': 'fedcba9' } },
    'FAIL branch: expected v0.2.0 to be new or at HEAD, got a tag at fedcba9: choose another version',
  ],
  [
    'an old version',
    version,
    { tree: { 'package.json': inPackage({ version: '0.1.0' }) } },
    'FAIL version: expected 0.2.0 in package.json, got 0.1.0: npm version 0.2.0 --no-git-tag-version',
  ],
  [
    'a version below a released one',
    version,
    { git: { 'tag --list v*': 'v0.1.0\nv0.10.0' } },
    'FAIL version: expected a version above 0.10.0, which is tagged, got 0.2.0',
  ],
  [
    'a changelog that is not closed',
    changelog,
    { tree: { 'CHANGELOG.md': '# Changelog\n\n## Unreleased (0.2.0)\n\nNew.\n' } },
    'FAIL changelog: expected the heading "## 0.2.0 (YYYY-MM-DD)" in CHANGELOG.md, got "## Unreleased (0.2.0)" first: rename it',
  ],
  [
    'a changelog without text',
    changelog,
    { tree: { 'CHANGELOG.md': '## 0.2.0 (2026-12-01)\n\n## 0.1.0 (2026-11-26)\n' } },
    'FAIL changelog: expected text below "## 0.2.0" in CHANGELOG.md, got none: say what changed',
  ],
  [
    'an example that takes the version before',
    examples,
    { tree: { 'examples/serving/package.json': '{ "dependencies": { "boxprop": "^0.1.0" } }' } },
    'FAIL examples: expected "boxprop": "^0.2.0" in examples/serving/package.json, got ^0.1.0: write it there',
  ],
  [
    'no proof',
    proof,
    { proof: undefined },
    'FAIL tests: expected a proof of this commit, got none: npm run test:all writes build/proof.json, or name another with --proof FILE',
  ],
  [
    'a proof of another commit',
    proof,
    { proof: inProof({ commit: 'fedcba9876' }) },
    'FAIL tests: expected a proof of 0123456, got one of fedcba9: run npm run test:all again',
  ],
  [
    'another file as the proof',
    proof,
    { proof: '{}' },
    'FAIL tests: expected a record that npm run test:all has written, got another file',
  ],
  [
    'the fast proof',
    proof,
    { proof: inProof({ tier: 'fast' }) },
    'FAIL tests: expected a proof of npm run test:all, got one of npm test: run npm run test:all again',
  ],
  [
    'a proof of some specs',
    proof,
    { proof: inProof({ partial: true }) },
    'FAIL tests: expected a proof of npm run test:all, got one of some specs: run npm run test:all again',
  ],
  [
    'a proof of changed files',
    proof,
    { proof: inProof({ changed: true }) },
    'FAIL tests: expected a proof of a clean tree, got one with changed files: run npm run test:all again',
  ],
  [
    'a proof that failed',
    proof,
    { proof: inProof({ failed: 2 }) },
    'FAIL tests: expected no failure, got 5000 passed, 2 failed: run npm run test:all again',
  ],
  [
    'a large tarball',
    sizes,
    { packedSize: 6e6 },
    'FAIL sizes: expected a tarball of at most 5.0 MB, got 6.0 MB: see what package.json (0.0 MB) holds',
  ],
  [
    'a missing declaration',
    types,
    { without: 'dist/modules/linear.d.ts' },
    'FAIL types: expected dist/modules/linear.d.ts, which dist/index.d.ts imports, in the tarball, got none: see "files"',
  ],
  [
    'a missing entry',
    contents,
    { without: 'dist/cli/main.js' },
    'FAIL contents: expected dist/cli/main.js in the tarball, got none: see "files" of package.json',
  ],
  [
    'a secret',
    contents,
    { tarball: { 'dist/.env.local': 'TOKEN=1' } },
    'FAIL contents: expected no dist/.env.local in the tarball: leave it out in "files"',
  ],
  [
    'a dependency with another licence',
    licences,
    { tree: { 'package-lock.json': inLock({ 'node_modules/pbf': { license: 'GPL-3.0' } }) } },
    'FAIL licences: expected a licence such as MIT for pbf, got GPL-3.0: read it, and allow it in scripts/release/licenceCheck.ts or take another package',
  ],
  [
    'a bundled package without its licence',
    licences,
    { tarball: { 'dist/vendor/LICENSES.txt': 'commander 14.0.3\n' } },
    'FAIL licences: expected the licence of commander in dist/vendor/LICENSES.txt, got none',
  ],
  [
    'a workflow without its identity',
    provenance,
    { tree: { '.github/workflows/release.yml': WORKFLOW.replace('id-token: write', 'id: 1') } },
    'FAIL provenance: expected "id-token: write" in .github/workflows/release.yml, got none: write it there',
  ],
  [
    'a workflow with a token',
    provenance,
    { tree: { '.github/workflows/release.yml': `${WORKFLOW}# NPM_TOKEN\n` } },
    "FAIL provenance: expected no token in .github/workflows/release.yml: npm's trusted publishing needs none",
  ],
  [
    'no repository',
    provenance,
    { tree: { 'package.json': inPackage({ repository: {} }) } },
    'FAIL provenance: expected "repository" of package.json to name this repository at GitHub, got "": npm refuses the provenance otherwise',
  ],
])('%s', (_, check, changes, expected) => {
  expect(line(check, changes)).toBe(expected);
});

describe('readTar', () => {
  /** One file of an archive. */
  function entry(path: string, text: string, size = text.length): number[] {
    const header = new Uint8Array(512);
    const write = (start: number, field: string) =>
      header.set(new TextEncoder().encode(field), start);
    write(0, path);
    write(124, `${size.toString(8).padStart(11, '0')}\0`);
    write(156, '0');
    const body = new Uint8Array(Math.ceil(text.length / 512) * 512);
    body.set(new TextEncoder().encode(text));
    return [...header, ...body];
  }

  test('returns the files without the folder of the package', () => {
    const long = 'x'.repeat(600);
    const archive = Uint8Array.from([
      ...entry('package/a.txt', 'first'),
      ...entry('package/b/c.txt', long),
      ...new Uint8Array(1024),
    ]);
    const texts = [...readTar(archive)].map(([path, bytes]) => [
      path,
      String.fromCharCode(...bytes),
    ]);
    expect(texts).toEqual([
      ['a.txt', 'first'],
      ['b/c.txt', long],
    ]);
  });

  test('refuses an archive that ends early', () => {
    expect(() => readTar(Uint8Array.from(entry('package/a.txt', 'first', 5000)))).toThrow(
      'tar: expected 5000 bytes at 512, got 512',
    );
  });
});
