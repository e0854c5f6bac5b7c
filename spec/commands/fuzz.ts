/**
 * `npm run fuzz -- [READERS...]`: reads random changes of valid files with every reader of boxprop.
 * A mutant must be read or be refused in one line: no other error, no more than two seconds, no
 * memory beyond a bound, and no JSON value of another type than its field has.
 *
 * The seed is printed, and mutant i depends only on the seed and i. The file of every problem is
 * kept in a folder of the system's temporary folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { integerOption } from '../../cli/options.ts';
import { readers as own } from '../support/fuzz/readers.ts';
import type { FuzzReader } from '../support/fuzz/reader.ts';
import { ROOT } from '../support/runCommand.ts';

/** The number of seconds after which the reading of a mutant counts as endless. */
const PATIENCE = 60;
/** The number of problems after which a reader is not tried further. */
const MOST = 20;

const command = new Command('fuzz')
  .description('reads random changes of valid files with every reader')
  .argument('[readers...]', 'names of readers; all by default')
  .option('--mutants <n>', 'mutants per reader', integerOption('--mutants', 1), 20_000)
  .option('--seed <n>', 'seed of the mutants', integerOption('--seed', 0), 0)
  .option('--table <file>', 'a module that exports other readers')
  .parse();
const { mutants, seed, table } = command.opts<{ mutants: number; seed: number; table?: string }>();
const { readers } = table
  ? ((await import(table)) as { readers: Readonly<Record<string, FuzzReader>> })
  : { readers: own };
const unknown = command.args.find((name) => !Object.hasOwn(readers, name));
if (unknown !== undefined) {
  console.error(`fuzz: expected readers out of ${Object.keys(readers).join(', ')}, got ${unknown}`);
  process.exit(1);
}

/**
 * The last line of a process: the number of mutants that it accepted, the time of the slowest in
 * seconds, and the growth of its memory in MiB.
 */
interface Figures {
  accepted: number;
  slowest: number;
  grown: number;
}

const folder = mkdtempSync(join(tmpdir(), 'boxprop-fuzz-'));
console.log(`seed ${seed}, ${mutants} mutants per reader, files in ${folder}`);
let failed = 0;
const names = command.args.length > 0 ? command.args : Object.keys(readers);
for (const name of names) if ((await fuzz(name)) > 0) failed++;
console.log(`${names.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** Reads all mutants of a reader; returns the number of problems. */
async function fuzz(name: string): Promise<number> {
  const own = join(folder, name);
  mkdirSync(own);
  let problems = 0;
  const figures: Figures = { accepted: 0, slowest: 0, grown: 0 };
  const report = (number: number, problem: string) => {
    problems++;
    const kept = join(own, `${number}${readers[name].ending}`);
    const mutant = join(own, `mutant${readers[name].ending}`);
    if (existsSync(mutant)) copyFileSync(mutant, kept);
    console.log(`FAIL ${name} ${number}: ${problem.replaceAll('\n', ' | ')}; ${kept}`);
  };
  const start = performance.now();
  writeFileSync(join(own, 'at'), '-1');
  for (let first = 0; first < mutants && problems < MOST;) {
    const ended = await runWorker(name, own, first, report, (last) => {
      figures.accepted += last.accepted;
      figures.slowest = Math.max(figures.slowest, last.slowest);
      figures.grown = Math.max(figures.grown, last.grown);
    });
    if (ended === undefined) break;
    const at = readAt(own);
    report(at, ended);
    // A process that ended before its first mutant cannot read the samples.
    if (at < first) break;
    first = at + 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `${problems === 0 ? 'pass' : 'FAIL'} ${name}: ${figures.accepted} accepted, ` +
      `slowest ${figures.slowest.toFixed(2)} s, memory grew by ${figures.grown} MiB, ${seconds} s`,
  );
  return problems;
}

/** Resolves to the reason why the process ended before the last mutant, if it did. */
async function runWorker(
  name: string,
  own: string,
  first: number,
  report: (mutant: number, problem: string) => void,
  onFigures: (figures: Figures) => void,
): Promise<string | undefined> {
  const worker = join(ROOT, 'spec/support/fuzz/worker.ts');
  const readersFile = table ?? join(ROOT, 'spec/support/fuzz/readers.ts');
  const options = ['--conditions=boxprop-source', '--import', 'tsx', '--expose-gc'];
  const numbers = [seed, first, mutants].map(String);
  const child = spawn(process.execPath, [...options, worker, readersFile, name, own, ...numbers], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: ROOT,
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-2000)));
  let isDone = false;
  let reported = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed = JSON.parse(line) as Figures & { mutant?: number; problem: string };
    if (parsed.mutant === undefined) {
      isDone = true;
      onFigures(parsed);
    } else if (reported++ < MOST) report(parsed.mutant, parsed.problem);
    else child.kill('SIGKILL');
  });
  let [at, since] = [-1, performance.now()];
  let isStuck = false;
  const watch = setInterval(() => {
    const now = readAt(own);
    if (now !== at) [at, since] = [now, performance.now()];
    else if (performance.now() - since > PATIENCE * 1000) {
      isStuck = true;
      child.kill('SIGKILL');
    }
  }, 250);
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearInterval(watch);
  if (isDone) return undefined;
  if (isStuck) return `did not end within ${PATIENCE} s`;
  return `ended the process with ${signal ?? `status ${status}`}: ${errors.trim()}`;
}

/** Returns the number of the mutant that is being read. */
function readAt(own: string): number {
  return Number(readFileSync(join(own, 'at'), 'utf8'));
}
