/**
 * Bundles the checker of problem sets into one file that needs nothing but Node. The recordings of
 * problem sets are appended to it later, by `psets/standalone/checkFile.ts`. The program of the
 * student's process is a text in this file.
 */
import { build } from 'esbuild';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { licenses } from './licenses.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Settings of both bundles. */
const SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['boxprop-source'],
  logLevel: 'error',
};

/**
 * Returns the text of the checker without recordings. It ends with the licences of the packages in
 * it.
 *
 * @returns {Promise<string>}
 */
export async function bundleCheck() {
  const student = await build({
    ...SETTINGS,
    entryPoints: [join(ROOT, 'psets/standalone/studentProgram.ts')],
    minify: true,
  });
  const program = student.outputFiles[0].text;
  const { outputFiles, metafile } = await build({
    ...SETTINGS,
    entryPoints: [join(ROOT, 'psets/standalone/checkProgram.ts')],
    define: { STUDENT_PROGRAM: JSON.stringify(program) },
    minify: true,
    metafile: true,
    legalComments: 'none',
    // Bundled CommonJS code, which is Babel's, calls `require` for Node's own modules.
    banner: {
      js: [
        '// The checker of boxprop: node check.mjs. It is generated; do not edit it.',
        "import { createRequire as requireFrom } from 'node:module';",
        'const require = requireFrom(import.meta.url), __filename = import.meta.filename;',
      ].join('\n'),
    },
  });
  const notice = licenses(Object.keys(metafile.inputs)).replaceAll('*/', '* /');
  return `${outputFiles[0].text}/*\n${notice}*/\n`;
}
