import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, docsPages, fileNameOf, reasonOf, shownFileOf } from '../support/docsBlocks.ts';
import { ROOT } from '../support/runCommand.ts';

/** The parts of the documentation that can be checked without running it. */

const all = docsPages().flatMap(blocksOf);

test('a block that shows a file of the repository shows it as it is', () => {
  const shown = all.flatMap((block) => {
    const file = shownFileOf(block);
    return file === undefined ? [] : [{ block, file }];
  });
  expect(shown.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['examples/ownBox.ts', 'examples/network.ts']),
  );
  for (const { block, file } of shown)
    expect(`${block.place}\n${block.text}`).toBe(
      `${block.place}\n${readFileSync(join(ROOT, file), 'utf8')}`,
    );
});

test('JSON can be parsed', () => {
  for (const { language, text, place } of all)
    if (language === 'json')
      expect({ place, value: JSON.parse(text) as unknown }).toHaveProperty('value');
});

test('a comment above a block is one of those that the specs know', () => {
  const unknown = all.filter(
    (block) =>
      !['', 'prints'].includes(block.comment) &&
      [fileNameOf, reasonOf, shownFileOf].every((read) => read(block) === undefined),
  );
  expect(unknown.map(({ place, comment }) => `${place}: ${comment}`)).toEqual([]);
});

test('a spec that a reason names exists', () => {
  for (const block of all)
    for (const [path] of reasonOf(block)?.matchAll(/\bspec\/[\w./-]*\w/g) ?? [])
      expect([block.place, path, existsSync(join(ROOT, path))]).toEqual([block.place, path, true]);
});

test('a page shows what was printed by a block that runs', () => {
  const wrong = docsPages().flatMap((page) => {
    let runs = false;
    return blocksOf(page).flatMap((block) => {
      if (block.comment === 'prints') return runs ? [] : [block.place];
      if (['js', 'ts', 'sh'].includes(block.language))
        runs = [fileNameOf, reasonOf, shownFileOf].every((read) => read(block) === undefined);
      return [];
    });
  });
  expect(wrong).toEqual([]);
});

test('the README fits on one screen, and shows ten lines of code', () => {
  const lines = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n');
  expect(lines.filter((line) => line !== '').length).toBeLessThan(60);
  const [program] = blocksOf('README.md').filter(({ language }) => language === 'js');
  expect(program.text.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
});
