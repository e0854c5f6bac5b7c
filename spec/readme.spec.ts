import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/runCommand.ts';

/** The README must contain the examples unchanged. examples.long.spec.ts runs them. */

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const shown = [...readme.matchAll(/<!-- (examples\/\S+) -->\n+```ts\n([\s\S]*?)```/g)];

test('the README shows the examples as they are', () => {
  expect(shown.map(([, file]) => file)).toEqual(['examples/ownBox.ts', 'examples/network.ts']);
  for (const [, file, text] of shown) expect(text).toBe(readFileSync(join(ROOT, file), 'utf8'));
});

test('every script that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  const named = [...readme.matchAll(/npm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g)].map(
    ([, script, short]) => script ?? short,
  );
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
