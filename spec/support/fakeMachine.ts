import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN, ROOT } from './runCommand.ts';

/**
 * The faults of a fake machine. By default only the official install fails, because its host cannot
 * be reached.
 */
export interface Fakes {
  readonly official?: 'works' | 'hangs' | 'computes wrong values';
  readonly npm?: 'fails';
  readonly save?: 'fails';
  readonly pip?: 'fails';
  readonly unpack?: 'fails';
  readonly build?: 'fails' | 'fails at the loader' | 'computes wrong values';
  /** tfjs is installed with its own second copy of tfjs-core. */
  readonly secondCore?: true;
  /** Commands that are not installed; `pip` means Python's pip. */
  readonly missing?: readonly string[];
}

/**
 * The code of a fake tfjs-node. It computes right or wrong values according to the text in its
 * addon file.
 */
const TFJS_NODE = `
const { existsSync, readFileSync } = require('node:fs');
const addon = __dirname + '/lib/napi-v8/tfjs_binding.node';
if (!existsSync(addon)) throw new Error('The native addon cannot be found at path: x');
require('@tensorflow/tfjs');
const is = (...values) => ({ dataSync: () => Float32Array.from(values) });
module.exports = {
  tensor4d: () => is(),
  conv2d: () => is(),
  valueAndGrads: () => () => ({ value: is(37, 47, 67, 77), grads: [is(1, 1, -2, 5, 5, -4, 6, 8, 0), is(7, 9, 13, 15)] }),
  matMul: () => (readFileSync(addon, 'utf8') === 'wrong' ? is(1, 2, 3, 4) : is(19, 22, 43, 50)),
  backend: () => ({ binding: { TF_Version: '2.x' }, isUsingGpuDevice: false }),
};`;

const PROGRAM = `
const { appendFileSync, basename, existsSync, mkdirSync, readFileSync, writeFileSync } = { ...require('node:fs'), ...require('node:path') };
const { dirname, join } = require('node:path');
const [, self, ...args] = process.argv;
const name = basename(self);
const fakes = JSON.parse(process.env.FAKES);
appendFileSync(process.env.CALLS, [name, ...args].join(' ') + '\\n');
const fail = (line) => { console.error(line); process.exit(1); };
const write = (file, text) => { mkdirSync(dirname(file), { recursive: true }); writeFileSync(file, text); };
const addPackage = (folder, version, main = '') => {
  write(join(folder, 'package.json'), JSON.stringify({ version, main: 'index.js' }));
  write(join(folder, 'index.js'), main);
};
const tfjsNode = 'node_modules/@tensorflow/tfjs-node';
const addPackages = () => {
  addPackage(tfjsNode, '4.22.0', ${JSON.stringify(TFJS_NODE)});
  addPackage('node_modules/@tensorflow/tfjs', '4.22.0');
  addPackage('node_modules/progress', '2.0.0');
};
if (name === 'npm') {
  if (args.includes('install') && args.includes('--save')) {
    if (fakes.save === 'fails') {
      writeFileSync('package.json', 'half of');
      fail('npm error code ERESOLVE\\nnpm error unable to resolve dependency tree');
    }
    writeFileSync('package.json', JSON.stringify({ ...JSON.parse(readFileSync('package.json')), dependencies: { '@tensorflow/tfjs-node': '^4.22.0' } }));
    addPackages();
  } else if (args.includes('install')) {
    if (fakes.npm === 'fails') fail('npm error code ENOTFOUND\\nnpm error network request to https://registry.example failed.');
    addPackages();
    addPackage('node_modules/@tensorflow/tfjs-core', '4.22.0');
    if (fakes.secondCore) addPackage('node_modules/@tensorflow/tfjs/node_modules/@tensorflow/tfjs-core', '4.21.0');
  } else if (args.includes('rebuild')) {
    if (fakes.official === 'hangs') {
      write(join(tfjsNode, 'deps/half'), '');
      console.log('hanging');
      setInterval(() => {}, 1000);
    } else if (fakes.official === undefined) fail('Error: getaddrinfo ENOTFOUND storage.example');
    else {
      write(join(tfjsNode, 'deps/lib/libtensorflow.so.2'), '');
      write(join(tfjsNode, 'lib/napi-v8/tfjs_binding.node'), fakes.official === 'works' ? 'official' : 'wrong');
    }
  } else if (args.some((arg) => /^--directory=.*loader$/.test(arg))) {
    const loader = args.find((arg) => arg.startsWith('--directory=')).slice(12);
    if (fakes.build === 'fails at the loader') fail('loader.c:8:10: fatal error: dlfcn.h: No such file or directory');
    const { targets: [{ sources }] } = JSON.parse(readFileSync(join(loader, 'binding.gyp'), 'utf8'));
    if (!sources.every((file) => existsSync(join(loader, file)))) fail('no rule to make target');
    // The fake loader is as good as the addon that it loads.
    const addon = readFileSync(join(tfjsNode, 'lib/napi-v8/tfjs_addon.node'));
    write(join(loader, 'build/Release/tfjs_binding.node'), addon);
  } else if (args.includes('node-gyp')) {
    if (fakes.build === 'fails') fail('binding.cc:1:10: fatal error: node_api.h: No such file or directory');
    const library = join(tfjsNode, 'deps/lib');
    for (const file of ['libtensorflow.so', 'libtensorflow_framework.so']) {
      if (!existsSync(join(library, file))) fail('ld: error: no ' + file);
    }
    write(join(tfjsNode, 'build/Makefile'), '');
    write(join(tfjsNode, 'lib/napi-v8/tfjs_binding.node'), fakes.build === 'computes wrong values' ? 'wrong' : 'built');
  } else fail('Error: the fake npm cannot ' + args.join(' '));
} else if (name === 'python3' && args.includes('pip')) {
  if (fakes.missing?.includes('pip')) fail('python3: No module named pip');
  if (args.includes('download')) {
    if (fakes.pip === 'fails') fail('ERROR: No matching distribution found for tensorflow');
    write(join(args[args.indexOf('--dest') + 1], 'tensorflow.whl'), '');
  }
} else if (name === 'python3' && args[0] === '-c') {
  const [, , wheel, folder] = args;
  if (!existsSync(wheel)) fail('Error: no ' + wheel);
  write(join(folder, 'lib/libtensorflow_cc.so.2'), '');
  if (fakes.unpack === 'fails') fail('OSError: [Errno 28] No space left on device');
  write(join(folder, 'lib/libtensorflow_framework.so.2'), '');
}`;

/**
 * All fake machines share this folder for temporary files, so tsx compiles the sources only once.
 */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'boxprop-temporary-'));
afterAll(() => rmSync(TEMPORARY, { recursive: true }));

function logs(): string[] {
  return readdirSync(TEMPORARY).filter((name) => name.startsWith('boxprop-setup-'));
}

/** A project with tfjs-core on a machine whose npm, Python and compiler are fakes. */
export class FakeMachine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'boxprop-fake-'));
  readonly project = join(this.#folder, 'project');
  readonly modules = join(this.project, 'node_modules');
  readonly target = join(this.modules, '@tensorflow/tfjs-node');
  readonly #calls = join(this.#folder, 'calls');
  readonly #logsBefore = logs();

  constructor() {
    const scope = join(this.modules, '@tensorflow');
    mkdirSync(scope, { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/@tensorflow/tfjs-core'), join(scope, 'tfjs-core'));
    writeFileSync(join(this.project, 'package.json'), '{ "name": "project" }\n');
  }

  /** Writes a file in the project. */
  write(file: string, text: string): void {
    const path = join(this.project, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  /**
   * Runs `boxprop setup tensorflow`. `onLine` receives each line of its output and can send it a
   * signal.
   */
  async setup(
    fakes: Fakes = {},
    args: readonly string[] = [],
    onLine?: (line: string, send: (signal: NodeJS.Signals) => void) => void,
  ): Promise<{ status: number | null; lines: string[]; stderr: string; calls: string[] }> {
    const bin = mkdtempSync(join(this.#folder, 'bin-'));
    for (const name of ['npm', 'python3', 'make', 'g++']) {
      if (fakes.missing?.includes(name)) continue;
      writeFileSync(join(bin, name), `#!${process.execPath}\n${PROGRAM}`);
      chmodSync(join(bin, name), 0o755);
    }
    writeFileSync(this.#calls, '');
    const child = spawn(process.execPath, [MAIN, 'setup', 'tensorflow', ...args], {
      cwd: this.project,
      env: {
        PATH: bin,
        FAKES: JSON.stringify(fakes),
        CALLS: this.#calls,
        TMPDIR: TEMPORARY,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const line of text.trimEnd().split('\n')) onLine?.(line, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { status, lines: stdout.trimEnd().split('\n'), stderr, calls: this.calls() };
  }

  /** The commands that ran, in order. */
  calls(): string[] {
    return readFileSync(this.#calls, 'utf8').trimEnd().split('\n');
  }

  /**
   * The files of the project with their contents, the links with their targets, and the folders.
   */
  snapshot(folder = this.project): Record<string, string> {
    const entries = readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      const kind = lstatSync(path);
      if (kind.isSymbolicLink()) return [[path, `-> ${readlinkSync(path)}`]];
      if (!kind.isDirectory()) return [[path, readFileSync(path, 'utf8')]];
      return [[path, 'folder'], ...Object.entries(this.snapshot(path))];
    });
    return Object.fromEntries(entries) as Record<string, string>;
  }

  /** The log files that this machine has left in the temporary folder. */
  temporary(): string[] {
    return logs().filter((name) => !this.#logsBefore.includes(name));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
