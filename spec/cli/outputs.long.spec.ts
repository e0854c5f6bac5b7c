import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { boxprop, BUILT, KERNELS, MAIN, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/** Tests that no file of the user is overwritten, and that no output or reader fails unnoticed. */

const NETWORK = `
import { Flatten, Linear, Sequential } from 'boxprop';
export const network = ({ rng, inputShape: [height, width], classes }) =>
  new Sequential([new Flatten(), new Linear(height * width, classes, { rng })]);
`;

let folder: string;
/** The arguments of a run that takes a moment. */
let TRAIN: readonly string[];
const file = (...names: string[]) => join(folder, ...names);

beforeAll(() => {
  // Inside the project, so that the network finds boxprop.
  folder = realpathSync(mkdtempSync(join(BUILT, 'spec-')));
  writeFileSync(file('net.mjs'), NETWORK);
  for (const place of ['train/dark', 'train/light', 'test/dark', 'test/light']) {
    mkdirSync(file('photos', place), { recursive: true });
    for (let i = 0; i < 4; i++) {
      const data = new Uint8Array(12).fill(20 * i + (place.endsWith('dark') ? 0 : 180));
      const png = encode({ height: 4, width: 3, channels: 1, data });
      writeFileSync(file('photos', place, `${i}.png`), png);
    }
  }
  const data = ['--data', file('photos'), '--shape', '4,3,1'];
  TRAIN = ['train', file('net.mjs'), ...data, '--backend', 'wasm', '--no-report'];
});
afterAll(() => rmSync(folder, { recursive: true }));

function refused(args: readonly string[], message: string): void {
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
}

/**
 * For tests that run boxprop in a POSIX shell, as `$BOXPROP`; the name of each says why it is
 * skipped.
 */
const NO_SHELL = process.platform === 'win32' ? ' (skipped: no bash on Windows)' : '';
const POSIX = NO_SHELL === '' ? test : test.skip;
function shell(line: string) {
  const env = { ...process.env, BOXPROP: `${process.execPath} ${MAIN}` };
  const { status, stdout, stderr } = runProgram('bash', ['-c', line], {
    cwd: ROOT,
    env,
  });
  return { status, stdout, stderr };
}

describe('a file of the user stays as it is', () => {
  test.each(['config.json', 'log.jsonl', 'report.html'])(
    'in the folder of a new run: %s',
    (name) => {
      const own = file(`own-${name}`);
      mkdirSync(own);
      writeFileSync(join(own, name), 'mine');
      refused(
        [...TRAIN, '--out', own],
        `--out: expected a folder without ${name}, got ${JSON.stringify(own)}`,
      );
      expect(readFileSync(join(own, name), 'utf8')).toBe('mine');
    },
  );

  test.each(['trials', 'best.json', 'search.html'])('in the folder of a new search: %s', (name) => {
    const own = file(`search-${name}`);
    mkdirSync(own);
    writeFileSync(join(own, name), 'mine');
    const [network, data, shape] = [file('net.mjs'), file('photos'), '4,3,1'];
    const momentum = { choices: [0, 0.5] };
    writeFileSync(
      file('space.json'),
      JSON.stringify({ network, data, shape, momentum, backend: 'wasm' }),
    );
    refused(
      ['search', file('space.json'), '--trials', '2', '--folds', '2', '--out', own],
      `--out: expected a folder without ${name}, got ${JSON.stringify(own)}`,
    );
    expect(readFileSync(join(own, name), 'utf8')).toBe('mine');
  });

  test('in the folder of the grades', () => {
    const own = file('own-grades');
    mkdirSync(own);
    writeFileSync(join(own, 'grades.csv'), 'mine');
    refused(
      ['pset', 'grade', join(ROOT, 'psets', 'linear'), '--pset', 'linear', '--out', own],
      `--out: expected a folder without grades.csv, got ${JSON.stringify(own)}`,
    );
  });

  test('behind a link in the folder of a run', () => {
    const [run, notes] = [file('run'), file('notes.txt')];
    expect(boxprop(...TRAIN, '--epochs', '1', '--out', run)).toMatchObject({
      status: 0,
      stderr: '',
    });
    writeFileSync(notes, 'mine');
    const link = (name: string) => {
      rmSync(join(run, name), { force: true });
      symlinkSync(notes, join(run, name));
      return `${join(run, name)}: expected a file in its folder, got a link to ${JSON.stringify(notes)}; delete the link`;
    };
    const message = link('report.html');
    refused(['report', run, '--network', file('net.mjs'), '--backend', 'wasm'], message);
    const resume = ['train', file('net.mjs'), '--resume', run, '--epochs', '2'];
    refused(resume, message);
    rmSync(join(run, 'report.html'));
    refused(resume, link('log.jsonl'));
    expect(readFileSync(notes, 'utf8')).toBe('mine');
  });
});

POSIX(`an output may be a pipe or standard output, in a shell${NO_SHELL}`, () => {
  const run = shell(`cd ${folder}; mkfifo pipe; cat pipe > copy.svg & \
    $BOXPROP summary lenet --svg pipe > /dev/null; wait; \
    $BOXPROP summary lenet --svg /dev/stdout > both.txt`);
  expect(run.status).toBe(0);
  expect(statSync(file('pipe')).isFIFO()).toBe(true);
  const svg = readFileSync(file('copy.svg'), 'utf8');
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n?$/);
  const both = readFileSync(file('both.txt'), 'utf8');
  expect(both.slice(0, svg.length)).toBe(svg);
  expect(both.slice(svg.length)).toContain('multiply-adds');
});

const NO_PROC = process.platform === 'linux' ? '' : ' (skipped: no /proc or /dev/full)';
const LINUX = NO_PROC === '' ? test : test.skip;

LINUX(`a folder where none can be made is refused${NO_PROC}`, () => {
  const message =
    '--out: expected a folder that can be written, got "/proc/foo": ENOENT: no such file or directory';
  refused([...TRAIN, '--out', '/proc/foo'], message);
});

LINUX(`standard output on a full disk is one line and exit status 1${NO_PROC}`, () => {
  expect(shell('$BOXPROP example > /dev/full')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'boxprop: standard output cannot be written: ENOSPC: no space left on device\n',
  });
});

POSIX(`a closed standard output or error changes no exit status${NO_SHELL}`, () => {
  expect(shell('$BOXPROP example >&- 2>&-').status).toBe(0);
  expect(shell('$BOXPROP example --bad 2>&-')).toEqual({ status: 1, stdout: '', stderr: '' });
});

POSIX(`a training goes on when nobody reads its lines any more${NO_SHELL}`, () => {
  const run = file('unread');
  const options = [...TRAIN, '--epochs', '3', '--out', run].join(' ');
  const { stdout, stderr } = shell(
    `$BOXPROP ${options} | head -1; echo "status \${PIPESTATUS[0]}"`,
  );
  expect(stdout).toMatch(/^training: .*\nstatus 0\n$/);
  expect(stderr.replace(KERNELS, '')).toBe('');
  const epochs = readFileSync(join(run, 'log.jsonl'), 'utf8').match(/"type":"epoch"/g);
  expect(epochs).toHaveLength(3);
});

POSIX(`the verdict of a check survives a reader that ends early${NO_SHELL}`, () => {
  writeFileSync(
    file('wrong.mjs'),
    `import { Module } from 'boxprop';
     export class Wrong extends Module {
       forward(input) { return { output: input.clone(), cache: {} }; }
       backpropToInput(gradOutput) { return gradOutput.neg(); }
     }
     export const cases = { Wrong: (draw) => ({ box: new Wrong(), config: 'Wrong()', input: draw.normal([20]) }) };`,
  );
  const { stdout } = shell(
    `$BOXPROP gradcheck --module ${file('wrong.mjs')} | true; echo "status \${PIPESTATUS[0]}"`,
  );
  expect(stdout).toBe('status 1\n');
});

describe('an output that cannot be written is refused before the work', () => {
  const nowhere = '/no/such/folder/out';
  const problem = 'cannot be written: ENOENT: no such file or directory';
  // The weights do not exist either; they would be reported if they were read first.
  test.each([
    ['.html', ['units', 'no.safetensors', '--out']],
    ['.html', ['compare', 'no.safetensors', 'lenet', '--out']],
    ['.json', ['compare', 'no.safetensors', 'lenet', '--json']],
    ['.html', ['probe', 'no.safetensors', '--out']],
    ['.json', ['probe', 'no.safetensors', '--json']],
    ['.png', ['fool', 'no.safetensors', '--out']],
    ['.json', ['fool', 'no.safetensors', '--json']],
    ['.onnx', ['export', 'lenet', '--weights', 'no.safetensors', '--onnx']],
    ['.bin', ['export', 'lenet', '--weights', 'no.safetensors', '--torchvision']],
    ['.svg', ['summary', 'lenet', '--svg']],
    ['.json', ['gradcheck', 'ReLU', '--json']],
  ])('%s of %j', (extension, args) => {
    refused([...args, nowhere + extension], `${nowhere}${extension}: ${problem}`);
  });

  test('the page of report', () => {
    const run = file('reported');
    expect(boxprop(...TRAIN, '--epochs', '1', '--out', run).status).toBe(0);
    const args = ['report', run, '--network', file('net.mjs'), '--backend', 'wasm', '--out'];
    refused([...args, `${nowhere}.html`], `${nowhere}.html: ${problem}`);
    refused([...args, folder], `${folder}: cannot be written: expected a file, got a folder`);
  });
});

test('an error of a file of the user is one line with its place, and the stack on request', () => {
  const network = file('throws.mjs');
  writeFileSync(network, 'export function network() {\n  return undefined.shape;\n}\n');
  const line = `boxprop: TypeError: Cannot read properties of undefined (reading 'shape'), at file://${network}:2:20; BOXPROP_STACK=1 prints where it was called from\n`;
  const args = ['doctor', network, '--backend', 'cpu', ...TRAIN.slice(2, 6)];
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: line });
  const env = { ...process.env, BOXPROP_STACK: '1' };
  const { stderr } = runProgram(process.execPath, [MAIN, ...args], {
    env,
  });
  expect(stderr).toMatch(/^TypeError: [^\n]*\n {4}at [^]*\n {4}at /);
  expect(stderr.endsWith(line)).toBe(true);
});

/**
 * Runs work of 4 s that goes on after a signal, and sends these signals, each at its time in ms.
 * Resolves to the way in which the process ended.
 */
async function endOf(signals: readonly (readonly [number, NodeJS.Signals])[]) {
  const program = `
    import { endInterrupted, untilSignal } from ${JSON.stringify(join(BUILT, 'dist/cli/process.js'))};
    await untilSignal(async (signal) => {
      console.log('ready');
      await new Promise((resolve) => setTimeout(resolve, 4000));
      endInterrupted(signal, 'saved');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once('data', () => {
    for (const [at, signal] of signals) setTimeout(() => child.kill(signal), at);
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stderr })),
  );
}

POSIX.each([
  ['one signal waits for the work', [[0, 'SIGTERM']], { code: 143, signal: null }],
  [
    'npm repeats a Ctrl-C at once',
    [
      [0, 'SIGINT'],
      [50, 'SIGINT'],
    ],
    { code: 130, signal: null },
  ],
  [
    'a terminal that closes sends several signals',
    [
      [0, 'SIGHUP'],
      [1500, 'SIGHUP'],
    ],
    { code: 129, signal: null },
  ],
  [
    'a second signal ends the work at once',
    [
      [0, 'SIGINT'],
      [1500, 'SIGTERM'],
    ],
    { code: null, signal: 'SIGTERM' },
  ],
] as const)(`%s${NO_SHELL}`, async (_, signals, end) => {
  const stderr = end.code === null ? '' : 'boxprop: saved\n';
  expect(await endOf(signals)).toEqual({ ...end, stderr });
});
