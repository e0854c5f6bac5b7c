import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  declarationErrors,
  declarationsOf,
  exportedCaches,
  globalNames,
  sourcesOf,
  unexportedTypes,
  type Api,
} from './support/api.ts';
import { longComments, undocumented } from './support/documentation.ts';
import { createProgram } from '../scripts/program.ts';

/**
 * Plants faults in files of their own: the checks of `api.spec.ts` must find them.
 */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-api-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Programs of one file do without the types of Node and Jest, which take long to read. */
const alone = { types: [] };

function plant(text: string): string {
  const file = join(folder, 'planted.ts');
  writeFileSync(file, text);
  return file;
}

function apiOf(text: string): Api {
  const entries = { '.': plant(text) };
  return declarationsOf(sourcesOf(entries, folder, alone), entries);
}

function undocumentedIn(text: string): string[] {
  const file = plant(text);
  return undocumented(createProgram([file], alone), [file]).map((line) => basename(line));
}

describe('the checks of types find', () => {
  test('types that are written, inferred, extended and nested; no type parameter, no cache', () => {
    const api = apiOf(`
      interface Written { a: number }
      interface Inferred { b: number }
      interface Extended { c: number }
      interface Nested { d: number }
      interface BoxCache { e: number }
      export interface Known { f: number }
      const make = (): Inferred => ({ b: 1 });
      export function written<T>(a: Written, t: T, known: Known): T { return t; }
      export const inferred = () => make();
      export interface Extends extends Extended { g: readonly { h?: Nested }[] }
      export class Box { forward(): BoxCache { return { e: 1 }; } }
    `);
    expect(unexportedTypes(api)).toEqual([
      'Extended of planted.d.ts, mentioned by Extends',
      'Inferred of planted.d.ts, mentioned by inferred',
      'Nested of planted.d.ts, mentioned by Extends',
      'Written of planted.d.ts, mentioned by written',
    ]);
    expect(exportedCaches(api)).toEqual([]);
  });

  test('an override that is valid only if exactOptionalPropertyTypes is on', () => {
    const api = apiOf(`
      export class Box { grads(): Record<string, number> { return {}; } }
      export class Own extends Box { override grads() { return Box.length ? { a: 1 } : {}; } }
    `);
    expect(declarationErrors(api, { exactOptionalPropertyTypes: true })).toEqual([]);
    expect(declarationErrors(api, { exactOptionalPropertyTypes: false })).toEqual([
      expect.stringMatching(/^planted\.d\.ts: Property 'grads' in type 'Own' is not assignable/),
    ]);
  });

  test('an exported cache, and global names of a browser', () => {
    expect(exportedCaches(apiOf('export interface BoxCache { e: number }'))).toEqual(['BoxCache']);
    const globals = globalNames();
    for (const name of ['Image', 'Range', 'Map', 'fetch', 'Text', 'Node', 'Cache']) {
      expect(globals).toContain(name);
    }
    expect(globals).not.toContain('Linear');
  });
});

describe('the checks of documentation find', () => {
  test('a docstring on the options instead of the class', () => {
    const text = `/** A box. */
export interface BoxOptions {
  /** Its size. */
  size: number;
}
export class Box {}
`;
    expect(undocumentedIn(text)).toEqual(['planted.ts:6 Box']);
    expect(undocumentedIn(text.replace('export class', '/** A box. */\nexport class'))).toEqual([]);
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
    expect(undocumentedIn(text)).toEqual([
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
