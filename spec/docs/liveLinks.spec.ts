import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleOf } from '../../explore/engine/boxes.ts';
import { networks } from '../../models/networks.ts';
import { ROOT } from '../support/runCommand.ts';

/** Every chapter about the lecture links to the views of the live page about its boxes. */
const folder = join(ROOT, 'docs/lecture');
const chapters = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
const views = [
  ...readFileSync(join(ROOT, 'explore/views/index.ts'), 'utf8').matchAll(/name: '(\w+)'/g),
].map(([, name]) => name);

test('the live page has views', () => expect(views).toContain('box'));

test.each(chapters)('%s links to views, boxes and networks that exist', (chapter) => {
  const text = readFileSync(join(folder, chapter), 'utf8');
  const links = [...text.matchAll(/\]\(http:\/\/127\.0\.0\.1:4321\/#\/([^)]*)\)/g)];
  expect(links.length).toBeGreaterThan(1);
  expect(text).toContain('`npx boxprop explore --port 4321 --no-open`');
  for (const [, address] of links) {
    const [view, query] = address.split('?');
    expect(views).toContain(view);
    const name = new URLSearchParams(query).get('name');
    if (view === 'box') expect([name, exampleOf(name ?? '')]).toEqual([name, expect.anything()]);
    if (view === 'architectures') expect(Object.keys(networks)).toContain(name);
  }
});

test('the list of chapters is complete', () => {
  const list = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const chapter of chapters) expect(list).toContain(`](${chapter})`);
});
