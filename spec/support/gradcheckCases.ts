import * as losses from '../../losses/index.ts';
import * as modules from '../../modules/index.ts';
import { boxNames, type GradcheckReport } from '../../gradcheck/index.ts';
import { boxprop } from './runCommand.ts';

/** Proves every box with this number of random cases per box. */
export function describeCases({ float64, others }: { float64: number; others: number }): void {
  test('every gradient of every exported box and cost agrees with finite differences in double precision', () => {
    const { results } = proven('float64', float64);
    expect(Math.max(...results.map(({ maxError }) => maxError))).toBeLessThan(1e-7);
    for (const name of boxNames({ ...modules, ...losses })) {
      const ofBox = results.filter((result) => result.name === name);
      expect(new Set(ofBox.map(({ config }) => config)).size).toBe(float64);
      const inputs = ofBox.filter(({ tensor }) => tensor.startsWith('input'));
      expect(inputs.some(({ checked }) => checked > 0)).toBe(true);
    }
  });

  test.each(['cpu', 'wasm'])('on %s every box and cost computes the same as float64', (backend) => {
    const { results } = proven(backend, others);
    const names = new Set(results.map(({ name }) => name));
    expect(boxNames({ ...modules, ...losses }).filter((name) => !names.has(name))).toEqual([]);
  });
}

// Runs in its own process, because the check takes twice as long inside Jest.
function proven(backend: string, cases: number): GradcheckReport {
  const args = ['--backend', backend, '--cases', String(cases), '--json', '-'];
  const { status, stdout } = boxprop('gradcheck', ...args);
  const report = JSON.parse(stdout) as GradcheckReport;
  expect(report.results.filter(({ pass }) => !pass)).toEqual([]);
  expect(report).toMatchObject({ pass: true, backend });
  expect(status).toBe(0);
  return report;
}
