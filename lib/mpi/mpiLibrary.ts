import type * as koffi from 'koffi';
import { InputError } from '../errors.ts';
import { abiOf, type Abi } from './abi.ts';

type Value = number | bigint | ArrayBufferView;

/** A function of an MPI library. It returns 0, or the number of an error. */
type MpiFunction = (...args: readonly Value[]) => number;

/** The functions that boxprop calls. H stands for the type of a handle, and P for an address. */
const PROTOTYPES = {
  Initialized: 'void *flag',
  Finalized: 'void *flag',
  Init_thread: 'P argc, P argv, int required, void *provided',
  Finalize: '',
  Abort: 'H comm, int status',
  Comm_set_errhandler: 'H comm, H handler',
  Comm_rank: 'H comm, void *rank',
  Comm_size: 'H comm, void *size',
  Get_library_version: 'void *text, void *length',
  Error_string: 'int code, void *text, void *length',
  Iallreduce: 'P send, void *receive, int count, H type, H operation, H comm, void *request',
  Ibcast: 'void *values, int count, H type, int from, H comm, void *request',
  Iallgather:
    'void *send, int sent, H type, void *receive, int received, H type2, H comm, void *request',
  Test: 'void *request, void *flag, P status',
} as const;

type Name = keyof typeof PROTOTYPES;

/**
 * Settings of UCX, the library with which MPICH and Open MPI reach other processes. They apply
 * unless the user has set others. By default, UCX handles the signal of an invalid memory access,
 * which V8 needs itself. It also replaces the functions of the C library that allocate memory,
 * which damages the heap of Node: 5 of 150 programs of two ranks crashed with UCX 1.13, and 0 of
 * 250 with these settings.
 */
const UCX_SETTINGS = {
  UCX_ERROR_SIGNALS: '',
  UCX_MEM_EVENTS: 'no',
  UCX_MEM_MALLOC_HOOKS: 'no',
} as const;

/** The size of the longest text that a library returns about itself or about an error. */
const LONGEST_TEXT = 8192;

/**
 * An MPI library that has been loaded, with its functions and the values of its header. If a call
 * fails, it throws a one-line error.
 */
export class MpiLibrary {
  /** The file or the name of the library. */
  readonly file: string;
  /** The values of the library's header. */
  readonly abi: Abi;
  readonly #functions: Readonly<Record<Name, MpiFunction>>;

  private constructor(file: string, abi: Abi, functions: Readonly<Record<Name, MpiFunction>>) {
    this.file = file;
    this.abi = abi;
    this.#functions = functions;
  }

  /**
   * Loads a library.
   *
   * Errors: a missing package koffi; a missing file; a file that is not an MPI library.
   */
  static async load(file: string): Promise<MpiLibrary> {
    const { default: ffi } = await importKoffi();
    for (const [name, value] of Object.entries(UCX_SETTINGS)) process.env[name] ??= value;
    let library: koffi.LibraryHandle;
    try {
      // This option is needed because the plugins of Open MPI 4 look for the library's symbols
      // among those of the process.
      library = ffi.load(file, { global: true });
    } catch (error) {
      throw new InputError(`${file}: expected an MPI library: ${problemOf(error)}`);
    }
    const abi = abiOf(file, (symbol) => ffi.address(library.symbol(symbol)));
    const declare = (name: string, parameters: string) => {
      const types = parameters.replace(/\bH\b/g, abi.handle).replace(/\bP\b/g, 'intptr_t');
      try {
        return library.func(`int MPI_${name}(${types})`) as unknown as MpiFunction;
      } catch (error) {
        throw new InputError(`${file}: expected an MPI library: ${problemOf(error)}`);
      }
    };
    const functions = Object.fromEntries(
      Object.entries(PROTOTYPES).map(([name, parameters]) => [name, declare(name, parameters)]),
    ) as Record<Name, MpiFunction>;
    return new MpiLibrary(file, abi, functions);
  }

  /** The name and version of the library, such as `Open MPI 5.0.11`. */
  get version(): string {
    const text = new Uint8Array(LONGEST_TEXT);
    const length = new Int32Array(new ArrayBuffer(128));
    this.call('Get_library_version', text, length);
    const [line] = textOf(text, length[0]).split('\n');
    const [, version] = /(\d+(?:\.\d+)+)/.exec(line) ?? [];
    return version === undefined ? line.trim() : `${this.abi.family} ${version}`;
  }

  /**
   * Calls a function.
   *
   * Errors: `MPI_Iallreduce of FILE: `, followed by the library's description of the error.
   */
  call(name: Name, ...args: readonly Value[]): void {
    const code = this.#functions[name](...args);
    if (code !== 0) throw new InputError(`MPI_${name} of ${this.file}: ${this.#describe(code)}`);
  }

  #describe(code: number): string {
    const text = new Uint8Array(LONGEST_TEXT);
    const length = new Int32Array(new ArrayBuffer(128));
    const failed = this.#functions.Error_string(code, text, length) !== 0;
    return failed ? `error ${code}` : textOf(text, length[0]);
  }
}

function textOf(bytes: Uint8Array, length: number): string {
  return new TextDecoder().decode(bytes.subarray(0, length)).replaceAll('\0', '');
}

async function importKoffi(): Promise<typeof koffi> {
  try {
    return await import('koffi');
  } catch (error) {
    throw new InputError(
      `joinGroup: expected the package koffi, which calls the MPI library (${problemOf(error)}): ` +
        'npx boxprop setup mpi',
    );
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}
