import { launchOf } from '../../../lib/mpi/launcher.ts';
import { abiOf } from '../../../lib/mpi/abi.ts';

describe('launchOf reads the variables of a launcher', () => {
  test.each([
    ['no launcher', {}, undefined],
    [
      'mpiexec of Open MPI',
      { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '3' },
      { family: 'Open MPI', size: 4, rank: 3 },
    ],
    ['mpiexec of MPICH', { PMI_RANK: '0', PMI_SIZE: '3' }, { family: 'MPICH', size: 3, rank: 0 }],
    ['srun with pmi2', { PMI_RANK: '1', SLURM_STEP_NUM_TASKS: '2' }, { family: 'MPICH', rank: 1 }],
    ['srun with pmix', { PMIX_RANK: '1', SLURM_STEP_NUM_TASKS: '2' }, { size: 2, rank: 1 }],
    ['a batch script of Slurm', { SLURM_NTASKS: '4', SLURM_STEP_NUM_TASKS: '1' }, undefined],
  ])('%s', (_, env, launch) => {
    expect(launchOf(env)).toEqual(launch);
  });

  test('tasks of srun that do not know each other are refused', () => {
    expect(() => launchOf({ SLURM_STEP_NUM_TASKS: '4', SLURM_PROCID: '0' })).toThrow(
      'joinGroup: expected srun to start 4 tasks with MPI, got tasks that do not know each other: ' +
        'srun --mpi=pmix for Open MPI, srun --mpi=pmi2 for MPICH',
    );
  });
});

test('the values of a header depend on the kind of library', () => {
  const none = () => {
    throw new Error('no symbol');
  };
  expect(abiOf('/a/libmpi_abi.so.1', none)).toMatchObject({ world: 0x101, handle: 'intptr_t' });
  expect(abiOf('/a/libmpich.so.12', none)).toMatchObject({ world: 0x44000000, handle: 'int' });
  const addresses = ['ompi_mpi_comm_world', 'ompi_mpi_op_sum', 'ompi_mpi_float'];
  const open = abiOf('/a/libmpi.so.40', (symbol) => BigInt(1 + addresses.indexOf(symbol)));
  expect(open).toMatchObject({ family: 'Open MPI', world: 1n, sum: 2n, float: 3n, inPlace: 1 });
});
