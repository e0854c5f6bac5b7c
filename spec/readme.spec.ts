import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docsPages } from './support/docsBlocks.ts';
import { ROOT } from './support/runCommand.ts';

/** The README and the documentation name only scripts that exist. */

test('every script that the documentation names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  const text = docsPages()
    .map((page) => readFileSync(join(ROOT, page), 'utf8'))
    .join('\n');
  const named = [...text.matchAll(/npm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g)].map(
    ([, script, short]) => script ?? short,
  );
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test('the README names the test commands', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain('`npm test`');
  expect(readme).toContain('`npm run test:all`');
});
