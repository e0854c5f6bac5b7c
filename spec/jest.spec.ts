import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { listSpecs, type Tier } from './support/jest.ts';
import { ROOT } from './support/runCommand.ts';

/**
 * Checks that `npm run test:all` runs every spec file, and `npm test` every file except the long
 * ones.
 */

/** The files below a folder. Paths are relative to the root. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !IGNORED.includes(name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    });
}
const IGNORED = ['node_modules', 'build', 'dist', 'runs', 'coverage'];

const specs = filesIn('spec').filter((path) => path.endsWith('.spec.ts'));
const ran = (tier: Tier) =>
  listSpecs(tier).map((path) => relative(ROOT, path).split(sep).join('/'));

test('npm run test:all runs every spec, npm test every one that is not named long', () => {
  expect(specs.length).toBeGreaterThan(150);
  expect(ran('all').sort()).toEqual([...specs].sort());
  expect(ran('fast').sort()).toEqual(
    specs.filter((path) => !path.endsWith('.long.spec.ts')).sort(),
  );
});

test('all specs are in spec, and other files of spec are in support, commands, or fixtures', () => {
  // `spec/exampleProjects.long.spec.ts` runs the tests that belong to an example.
  const elsewhere = filesIn('').filter((path) => !/^(spec|examples)\//.test(path));
  expect(elsewhere.filter((path) => /[.-](spec|test)\.[cm]?[jt]sx?$/.test(path))).toEqual([]);
  const others = filesIn('spec').filter((path) => !path.endsWith('.spec.ts'));
  expect(
    others.filter(
      (path) => !/^spec\/(README\.md$|support\/|commands\/|fixtures\/|psets\/corpus\/)/.test(path),
    ),
  ).toEqual([]);
});
