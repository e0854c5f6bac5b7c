import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { createProgram } from '../../scripts/program.ts';
import {
  blocksOf,
  docsPages,
  fileNameOf,
  reasonOf,
  shownFileOf,
  type DocsBlock,
} from '../support/docsBlocks.ts';
import { BUILT, MAIN, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/**
 * Runs the code of the documentation. A block is a program (js, ts) or a list of commands (sh), and
 * all blocks of a page run in one folder, from top to bottom. A comment above a block says what
 * else it is:
 *
 *     <!-- prints -->            this is what the block before it prints
 *     <!-- file: NAME -->        this becomes a file of the folder; so does a block whose first line is // NAME
 *     <!-- examples/NAME -->     this is the file of the repository
 *     <!-- not run: REASON -->   this cannot run here, and why
 */

const PROGRAMS = new Set(['js', 'ts', 'sh']);
const pages = docsPages().map((page) => ({ page, blocks: blocksOf(page) }));
const all = pages.flatMap(({ blocks }) => blocks);

const runs = (block: DocsBlock) =>
  PROGRAMS.has(block.language) &&
  fileNameOf(block) === undefined &&
  reasonOf(block) === undefined &&
  shownFileOf(block) === undefined;

/** Runs a block and returns what it prints. */
function run(folder: string, { language, text }: DocsBlock, n: number): string {
  const options = {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  };
  const file = join(folder, `block${n}.${language}`);
  writeFileSync(file, text);
  const [program, args] =
    language === 'sh' ? ['bash', ['-e', file]] : [process.execPath, ['--import', 'tsx', file]];
  const { status, stdout, stderr } = runProgram(program, args, options);
  if (status !== 0) throw new Error(`exit status ${status}: ${stdout}${stderr}`);
  return stdout;
}

/** Makes the folder of a page, in which `npx boxprop` runs the compiled command line. */
function makeFolder(): string {
  const folder = mkdtempSync(join(BUILT, 'docs-'));
  const npx = join(folder, 'bin/npx');
  mkdirSync(dirname(npx));
  const node = JSON.stringify(process.execPath);
  const lines = ['#!/bin/bash', 'tool=$1; shift', 'case $tool in'];
  lines.push(`boxprop) exec ${node} ${JSON.stringify(MAIN)} "$@" ;;`);
  lines.push(`tsx) exec ${node} --import tsx "$@" ;;`);
  lines.push('*) echo "no $tool here" >&2; exit 1 ;;', 'esac', '');
  writeFileSync(npx, lines.join('\n'));
  chmodSync(npx, 0o755);
  return folder;
}

const withCode = pages.filter(({ blocks }) => blocks.some(runs));

describe.each(withCode)('$page', ({ blocks }) => {
  let folder: string;
  beforeAll(() => (folder = makeFolder()));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('runs, and prints what it shows', () => {
    let printed = '';
    blocks.forEach((block, n) => {
      const name = fileNameOf(block);
      if (name !== undefined) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), block.text);
      } else if (runs(block)) {
        try {
          printed = run(folder, block, n);
        } catch (error) {
          throw new Error(`${block.place}: ${String(error)}`, { cause: error });
        }
      } else if (block.comment === 'prints') {
        expect(`${block.place}\n${printed}`).toBe(`${block.place}\n${block.text}`);
      }
    });
  }, 300_000);
});

test('the TypeScript of the documentation compiles', () => {
  // The programs stand where examples stand, so that they find boxprop in the same way.
  const files = new Map(
    all
      .filter((block) => block.language === 'ts' && runs(block))
      .map((block, n) => [join(ROOT, 'examples', `docs${n}.ts`), block]),
  );
  const base = ts.createCompilerHost({});
  const host: ts.CompilerHost = {
    ...base,
    fileExists: (file) => files.has(file) || base.fileExists(file),
    readFile: (file) => files.get(file)?.text ?? base.readFile(file),
    getSourceFile: (file, options, ...rest) => {
      const block = files.get(file);
      if (block === undefined) return base.getSourceFile(file, options, ...rest);
      return ts.createSourceFile(file, block.text, options, true);
    },
  };
  const program = createProgram([...files.keys()], {}, host);
  const errors = [...files].flatMap(([file, { place }]) => {
    const source = program.getSourceFile(file);
    return [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
  expect(files.size).toBeGreaterThan(0);
  expect(errors).toEqual([]);
});
