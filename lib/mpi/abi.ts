/**
 * The values of an MPI library that its header defines. A compiled C program takes them from the
 * header, but boxprop loads the library at run time.
 */
export interface Abi {
  /** The kind of library. */
  readonly family: 'MPICH' | 'Open MPI';
  /** The C type of handles: communicators, operations, data types and error handlers. */
  readonly handle: 'int' | 'intptr_t';
  readonly world: number | bigint;
  readonly sum: number | bigint;
  readonly max: number | bigint;
  readonly float: number | bigint;
  readonly double: number | bigint;
  readonly byte: number | bigint;
  /** The error handler with which a function returns an error and does not end the process. */
  readonly errorsReturn: number | bigint;
  /** The address that means "the result replaces the argument". */
  readonly inPlace: number;
  /** The address that means "no status is wanted". */
  readonly ignoreStatus: number;
  /** The level of thread support of a process in which only the main thread calls MPI. */
  readonly funneled: number;
}

/** Source: the MPI standard, version 5.0, chapter 20; the header mpi_abi.h of MPICH 5.0.2. */
const STANDARD: Abi = {
  family: 'MPICH',
  handle: 'intptr_t',
  world: 0x101,
  sum: 0x21,
  max: 0x23,
  float: 0x210,
  double: 0x214,
  byte: 0x247,
  errorsReturn: 0x143,
  inPlace: 1,
  ignoreStatus: 0,
  funneled: 1024,
};

/**
 * These values are also those of Intel MPI and MVAPICH. Source: the header mpi.h of MPICH 4.0.2 and
 * 5.0.2; mpich.org, "ABI Compatibility Initiative".
 */
const MPICH: Abi = {
  family: 'MPICH',
  handle: 'int',
  world: 0x44000000,
  sum: 0x58000003,
  max: 0x58000001,
  float: 0x4c00040a,
  double: 0x4c00080b,
  byte: 0x4c00010d,
  errorsReturn: 0x54000001,
  inPlace: -1,
  ignoreStatus: 1,
  funneled: 1,
};

/**
 * In Open MPI, these values are addresses of global variables. Source: the headers mpi.h of 4.1.4
 * and 5.0.11.
 */
function openMpi(address: (symbol: string) => bigint): Abi {
  return {
    family: 'Open MPI',
    handle: 'intptr_t',
    world: address('ompi_mpi_comm_world'),
    sum: address('ompi_mpi_op_sum'),
    max: address('ompi_mpi_op_max'),
    float: address('ompi_mpi_float'),
    double: address('ompi_mpi_double'),
    byte: address('ompi_mpi_byte'),
    errorsReturn: address('ompi_mpi_errors_return'),
    inPlace: 1,
    ignoreStatus: 0,
    funneled: 1,
  };
}

/**
 * Returns the values of a loaded library.
 *
 * @param file the library's file. A library of the standard ABI is called `libmpi_abi`.
 * @param address returns the address of a symbol. It throws if the library has no symbol of this
 *   name.
 */
export function abiOf(file: string, address: (symbol: string) => bigint): Abi {
  if (/libmpi_abi\.[^/]*$/.test(file)) return STANDARD;
  try {
    return openMpi(address);
  } catch {
    return MPICH;
  }
}
