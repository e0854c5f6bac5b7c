import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { longComments, sourceFiles, undocumented } from './support/documentation.ts';
import { createProgram, entryPoints } from './support/program.ts';
import { ROOT } from './support/runCommand.ts';

const FOLDERS = `lib modules losses optim gradcheck formats models data train inspect search report psets cli`;

test('an editor shows documentation for every public class, function, type and option', () => {
  const entries = Object.values(entryPoints());
  const missing = undocumented(createProgram(entries), entries);
  expect(missing).toEqual([]);
});

test('comments wrap at 100 columns', () => {
  const folders = FOLDERS.split(' ').map((folder) => join(ROOT, folder));
  expect(longComments([...sourceFiles(...folders), ...Object.values(entryPoints())])).toEqual([]);
});

describe('the checks find', () => {
  let folder: string;
  const plant = (text: string) => {
    const file = join(folder, 'planted.ts');
    writeFileSync(file, text);
    return file;
  };
  const missing = (text: string) => {
    const file = plant(text);
    return undocumented(createProgram([file]), [file]).map((line) => basename(line));
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'boxprop-documentation-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a docstring on the options instead of the class', () => {
    const text = `/** A box. */
export interface BoxOptions {
  /** Its size. */
  size: number;
}
export class Box {}
`;
    expect(missing(text)).toEqual(['planted.ts:6 Box']);
    expect(missing(text.replace('export class', '/** A box. */\nexport class'))).toEqual([]);
  });

  test('each kind of export, an option, a method, a re-export, a member of a namespace', () => {
    writeFileSync(
      join(folder, 'other.ts'),
      'export const zeros = 0;\n/** One. */\nexport const ones = 1;\n',
    );
    const text = `export * as init from './other.ts';
export { zeros as nought } from './other.ts';
/** A box. */
export class Box {
  /** Forward. */
  forward() {}
  backward() {}
  get size() { return this.#hidden(); }
  #hidden() { return 1; }
  protected guarded() {}
}
/** A box that says nothing new. */
export class Same extends Box {
  override forward() {}
}
export function draw() {}
/** An overload is described by the first. */
export function load(a: string): void;
export function load(a: number): void;
export function load() {}
export type Size = number;
/***/
export type Empty = number;
/** Options. */
export interface DrawOptions { width: number }
`;
    expect(missing(text)).toEqual([
      'other.ts:1 init.zeros',
      'planted.ts:7 Box.backward',
      'planted.ts:8 Box.size',
      'planted.ts:16 draw',
      'planted.ts:21 Size',
      'planted.ts:23 Empty',
      'planted.ts:25 DrawOptions.width',
    ]);
  });

  test('a long comment of either kind, and no long string or directive', () => {
    const long = 'é'.repeat(98);
    const text = `// ${long}\n/**\n * ${long}\n */\nconst a = 1; // ${long}\nconst b = '${long} // ';\n'${long}'; // prettier-ignore\n`;
    expect(longComments([plant(text)]).map((line) => basename(line))).toEqual([
      'planted.ts:1: 101 characters',
      'planted.ts:3: 101 characters',
      'planted.ts:5: 114 characters',
    ]);
  });
});
