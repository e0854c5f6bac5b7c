/**
 * Builds dist/, the package as it is installed. npm runs this before it packs (`npm pack`,
 * `npm publish`) and when boxprop is installed from its repository (`npm install git+https://...`).
 *
 * The compiler writes one .js and one .d.ts file per source. Packages that only the command line
 * and its reports need are not dependencies, because the library does not need them. esbuild
 * bundles each of them into dist/vendor/. Vite builds the live page into dist/explore/.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { licenses } from './licenses.mjs';
import { withoutSolutions } from './withoutSolutions.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

// After `npm ci` or `npm install` in a clone there is nothing to build, because developers run the
// sources.
const { npm_command: command, npm_config_local_prefix: project } = process.env;
if (['ci', 'install'].includes(command) && join(project ?? '', sep) === join(ROOT, sep))
  process.exit();

const [{ default: ts }, { build }] = await Promise.all([
  import('typescript'),
  import('esbuild'),
]).catch(() => {
  console.error('boxprop: dist/ cannot be built without the development packages; run: npm ci');
  process.exit(1);
});

/** Compiles the sources and returns the paths of the compiled files. */
function compile() {
  rmSync(DIST, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = { cwd: ROOT, stdio: 'inherit' };
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], options);
  if (status !== 0) process.exit(1);
  copyFileSync(join(ROOT, 'cli/setup/loader.c'), join(DIST, 'cli/setup/loader.c'));
  const names = readdirSync(DIST, { recursive: true }).filter((name) => name.endsWith('.js'));
  return names.map((name) => join(DIST, name));
}

/**
 * Returns the packages to bundle, which the compiled files import but which are no dependencies.
 */
function packagesToBundle(files) {
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const names = new Set(files.flatMap((file) => importsOf(file).map(({ name }) => name)));
  return [...names].filter((name) => {
    if (/^[./]/.test(name) || isBuiltin(name)) return false;
    return !installed.some((known) => name === known || name.startsWith(`${known}/`));
  });
}

/** Returns the imports of a compiled file, each with the position of its name in the text. */
function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: name, pos }) => {
    const start = text.indexOf(name, pos);
    return { name, start, end: start + name.length };
  });
}

/** Bundles packages into dist/vendor/ and makes the compiled files import them from there. */
async function bundle(files, packages) {
  const vendor = join(DIST, 'vendor');
  const fileOf = (name) => `${name.replace(/^@/, '').replaceAll('/', '-')}`;
  const entries = new Map();
  for (const name of packages) {
    // For a CommonJS package, these are the names that Node detects as its exports.
    const names = Object.keys(await import(name)).filter((one) => one !== 'module.exports');
    entries.set(`vendor:${fileOf(name)}`, `export { ${names.join(', ')} } from '${name}';`);
  }
  const { metafile } = await build({
    entryPoints: [...entries.keys()].map((path) => ({
      in: path,
      out: path.slice('vendor:'.length),
    })),
    outdir: vendor,
    absWorkingDir: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    // linkedom imports canvas only if it is installed.
    external: ['canvas'],
    // Bundled CommonJS code calls `require` for Node's own modules.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    plugins: [
      {
        name: 'vendor',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^vendor:/ }, ({ path }) => ({ path, namespace: 'vendor' }));
          onLoad({ filter: /.*/, namespace: 'vendor' }, ({ path }) => {
            return { contents: entries.get(path), resolveDir: ROOT };
          });
        },
      },
    ],
  });
  for (const file of files) {
    let text = readFileSync(file, 'utf8');
    const path = relative(dirname(file), vendor).split(sep).join('/');
    const bundled = importsOf(file).filter(({ name }) => packages.includes(name));
    for (const { name, start, end } of bundled.reverse()) {
      text = `${text.slice(0, start)}${path}/${fileOf(name)}.js${text.slice(end)}`;
    }
    if (bundled.length) writeFileSync(file, text);
  }
  // A bundle that does not load fails the build.
  for (const name of packages) await import(pathToFileURL(join(vendor, `${fileOf(name)}.js`)).href);
  writeFileSync(join(vendor, 'LICENSES.txt'), licenses(Object.keys(metafile.inputs)));
}

/**
 * Replaces the problem sets in dist/ by recordings of their public examples, because students
 * install the package, and writes the checker that `boxprop pset new` puts into a handout.
 */
async function recordPsets() {
  const folder = join(DIST, 'psets');
  const load = (file) => import(pathToFileURL(join(folder, file)).href);
  const { psets } = await load('index.js');
  const { recordPset } = await load('recorded/recordPset.js');
  const { writeInstalled } = await load('recorded/installedFile.js');
  const { splitReadme } = await load('grader/handout.js');
  const installed = [];
  for (const pset of psets) {
    const readme = readFileSync(join(ROOT, 'psets', pset.name, 'README.md'), 'utf8');
    const { statement } = splitReadme(pset.name, readme);
    installed.push({ name: pset.name, statement, recording: await recordPset(pset, 0) });
    rmSync(join(folder, pset.name), { recursive: true });
  }
  writeFileSync(join(folder, 'installed.json'), writeInstalled(installed));
  renameSync(join(folder, 'installed.js'), join(folder, 'index.js'));
  const { bundleCheck } = await import('./bundleCheck.mjs');
  writeFileSync(join(folder, 'check.mjs'), await bundleCheck());
}

let files = compile();
await recordPsets();
files = files.filter((file) => existsSync(file));
await bundle(files, packagesToBundle(files));
const { build: buildPage } = await import('vite');
const settings = { configFile: join(ROOT, 'explore/vite.config.ts'), logLevel: 'warn' };
await buildPage({
  ...settings,
  plugins: [withoutSolutions(join(DIST, 'psets', 'installed.json'))],
});
