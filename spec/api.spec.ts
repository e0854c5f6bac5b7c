import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  declarationErrors,
  declarationsOf,
  exportedCaches,
  globalNames,
  publicNames,
  unexportedTypes,
  type Api,
} from './support/api.ts';
import { entryPoints } from './support/program.ts';

describe('the public API', () => {
  let api: Api;
  beforeAll(() => {
    api = declarationsOf(entryPoints());
  });

  test('exports every type that a public signature mentions', () => {
    expect(unexportedTypes(api)).toEqual([]);
  });

  test.each([true, false])('compiles if exactOptionalPropertyTypes is %s', (exact) => {
    expect(declarationErrors(api, { exactOptionalPropertyTypes: exact })).toEqual([]);
  });

  test('exports no cache', () => {
    expect(exportedCaches(api)).toEqual([]);
  });

  test('shadows no global name of a browser', () => {
    const globals = globalNames();
    const names = Object.values(publicNames(api)).flat();
    expect(names.filter((name) => globals.has(name))).toEqual([]);
  });

  test('exports each name from one entry', () => {
    const names = Object.values(publicNames(api)).flat();
    // boxprop/node loads weights from a path, boxprop/formats from a URL, a File or bytes.
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual(['loadWeights']);
  });
});

describe('the checks find', () => {
  let folder: string;
  const plant = (text: string) => {
    const file = join(folder, 'planted.ts');
    writeFileSync(file, text);
    return declarationsOf({ '.': file }, folder);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'boxprop-api-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('types that are written, inferred, extended and nested; no type parameter, no cache', () => {
    const api = plant(`
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
    const api = plant(`
      export class Box { grads(): Record<string, number> { return {}; } }
      export class Own extends Box { override grads() { return Box.length ? { a: 1 } : {}; } }
    `);
    expect(declarationErrors(api, { exactOptionalPropertyTypes: true })).toEqual([]);
    expect(declarationErrors(api, { exactOptionalPropertyTypes: false })).toEqual([
      expect.stringMatching(/^planted\.d\.ts: Property 'grads' in type 'Own' is not assignable/),
    ]);
  });

  test('an exported cache, and global names of a browser', () => {
    expect(exportedCaches(plant('export interface BoxCache { e: number }'))).toEqual(['BoxCache']);
    const globals = globalNames();
    for (const name of ['Image', 'Range', 'Map', 'fetch', 'Text', 'Node', 'Cache']) {
      expect(globals).toContain(name);
    }
    expect(globals).not.toContain('Linear');
  });
});
