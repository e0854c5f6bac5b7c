/**
 * `npm run try:package` packs boxprop and tries the tarball in an empty project: with Node 20, 22,
 * 24 and 26, Bun, and Deno; with two compilers; with three bundlers, in Chromium. npm installs the
 * runtimes, so it needs the registry. It takes about two minutes.
 *
 * It prints the tables, and with `-- --write` it writes them into docs/runtimes.md. `--tarball FILE`
 * tries a tarball that exists already. The last line is `N passed, N failed`, and the exit status is
 * 1 if anything failed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/runCommand.ts';
import { createProject } from '../support/tryPackage/project.ts';
import { runtimes } from '../support/tryPackage/runtimes.ts';
import { formatTables } from '../support/tryPackage/tables.ts';
import {
  tryNotebook,
  tryRuntime,
  tryTypes,
  type RuntimeRow,
} from '../support/tryPackage/trials.ts';
import { tryPages } from '../support/tryPackage/pages.ts';

const FILE = join(ROOT, 'docs/runtimes.md');
const [BEGIN, END] = ['<!-- npm run try:package -->', '<!-- end -->'];

/** Says whether all runtimes computed the same losses on a backend, to the last digit. */
function agreement(rows: readonly RuntimeRow[], backend: string) {
  const different = rows.find(({ losses }) => losses[backend] !== rows[0].losses[backend]);
  const result = different === undefined ? 'yes' : `${different.name} differs from ${rows[0].name}`;
  return { what: `the same losses to the last digit everywhere: ${backend}`, result };
}

/**
 * Says the same of float64. Its exponentials are those of the JavaScript engine, whose last digit is
 * the engine's choice, so Bun and Deno must agree with Node to 12 digits only.
 */
function agreementInDouble(rows: readonly RuntimeRow[]) {
  const numbers = ({ losses }: RuntimeRow) => losses.float64.split(' ').map(Number);
  const isNode = ({ name }: RuntimeRow) => name.startsWith('Node');
  const expected = numbers(rows[0]);
  const far = rows
    .filter((row) => !isNode(row))
    .find((row) => !numbers(row).every((loss, n) => Math.abs(loss / expected[n] - 1) < 1e-12));
  return {
    what: 'the same losses to the last digit in Node, to 12 digits in Bun and Deno: float64',
    result: far?.name ?? agreement(rows.filter(isNode), 'float64').result,
  };
}

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, tarball: { type: 'string' } },
});
const project = createProject(values.tarball === undefined ? undefined : resolve(values.tarball));
try {
  const all = runtimes();
  const rows = all.map((runtime) => {
    const row = tryRuntime(project, runtime);
    console.log(`${row.name} ${row.version}: ${JSON.stringify(row.results)}`);
    return row;
  });
  const trials = [
    agreementInDouble(rows),
    ...['cpu', 'wasm'].map((backend) => agreement(rows, backend)),
    ...tryTypes(project),
    tryNotebook(project, all[all.length - 1]),
    ...(await tryPages(project)),
  ];
  const tables = formatTables(rows, trials);
  console.log(tables);
  if (values.write) {
    const text = readFileSync(FILE, 'utf8');
    const [before, rest] = text.split(BEGIN);
    writeFileSync(FILE, `${before}${BEGIN}\n\n${tables}\n\n${END}${rest.split(END)[1]}`);
  }
  const results = [
    ...rows.flatMap(({ results }) => Object.values(results)),
    ...trials.map(({ result }) => result),
  ];
  const passed = results.filter((result) => result === 'yes').length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed === results.length ? 0 : 1;
} finally {
  project.remove();
}
