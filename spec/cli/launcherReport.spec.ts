import { LauncherReport } from '../../cli/launcherReport.ts';

const MPICH = `
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 8356 RUNNING AT vm
=   EXIT CODE: 9
=   CLEANING UP REMAINING PROCESSES
=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES
===================================================================================
YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)
This typically refers to a problem with your application.
Please see the FAQ page for debugging suggestions`;

const DASHES = '-'.repeat(74);
const OPEN_MPI = `
${DASHES}
mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 15 (Terminated).
${DASHES}`;

const ofRanks = (text: string, report = new LauncherReport()) =>
  text.split('\n').filter((line) => line !== '' && !report.isOfLauncher(line));

test.each([
  ['MPICH', MPICH, { rank: 1, by: 'SIGKILL' }],
  ['Open MPI', OPEN_MPI, { rank: 1, by: 'SIGTERM' }],
])('the report of %s names the rank, and is not passed on', (_, text, died) => {
  const report = new LauncherReport();
  expect(ofRanks('boxprop-rank 0 8355\nboxprop-rank 1 8356', report)).toEqual([]);
  expect(report.processes).toEqual([8355, 8356]);
  expect(ofRanks(text, report)).toEqual([]);
  expect(report.died).toEqual(died);
  expect(report.swallowed).toEqual(text.trim().split('\n'));
});

test('a process that dies before it says who it is has no number', () => {
  const report = new LauncherReport();
  expect(ofRanks(MPICH, report)).toEqual([]);
  expect(report.died).toEqual({ by: 'SIGKILL' });
});

test('lines of the ranks are passed on', () => {
  const lines = ['epoch 1/2: loss 1.2', '='.repeat(20), '-'.repeat(80), '= a title =', '- item'];
  expect(ofRanks(lines.join('\n'))).toEqual(lines);
});
