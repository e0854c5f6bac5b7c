import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/runCommand.ts';

/** What the README shows is what the examples hold, and what they hold runs. */

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
  const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(start|test|boxprop|bench|jest)\b/g)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test.each([
  ['examples/ownBox.ts', /^every gradient agrees\n$/],
  ['examples/network.ts', /^test accuracy 9[5-9]\.\d %\n$/],
  [
    'examples/linearAndAdversarial.ts',
    /^test: error [78]\.\d\d %\nfooling: error 9[5-9]\.\d\d %\n$/,
  ],
])('%s runs', (file, output) => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=boxprop-source', '--import', 'tsx', file],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  // TensorFlow, where it is installed, tells on stderr that it is on, which nothing turns off.
  expect(stderr.replace(/^(WARNING: All log messages before absl|I0000 ).*\n/gm, '')).toBe('');
  expect(stdout).toMatch(output);
});
