import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ablationRows } from '../../cli/ablation/table.ts';
import type { Retraining } from '../../cli/ablation/retrain.ts';
import { Rng, useBackend } from '../../index.ts';
import { layersOf, withoutLayers } from '../../inspect/withoutLayers.ts';
import type { AnyModule } from '../../lib/module.ts';
import { lenet } from '../../models/lenet.ts';
import { ROOT } from '../support/runCommand.ts';

const read = (name: string) => readFileSync(join(ROOT, 'docs/lecture', name), 'utf8');
const { results } = JSON.parse(read('depth.json')) as { results: Retraining[] };
const inputShape = [28, 28, 1];

beforeAll(() => useBackend('cpu'));

test('the table of the chapter is that of the trainings', () => {
  const build = () => lenet({ rng: new Rng(0) });
  const sizeOf = (network: AnyModule) =>
    Object.values(network.params).reduce((sum, { size }) => sum + size, 0);
  const layers = layersOf(build(), inputShape).slice(0, -1);
  const variants = [
    { without: [], what: '', parameters: sizeOf(build()) },
    ...layers.map(({ path, box }) => {
      const left = withoutLayers(build(), { without: [path], inputShape, rng: new Rng(0) });
      return { without: [path], what: box, parameters: sizeOf(left) };
    }),
  ];
  const rows = ablationRows(variants, ({ without }) =>
    results.filter((one) => one.without.join() === without.join()),
  );
  expect(results).toHaveLength(12);
  const count = (n: number) => n.toLocaleString('en');
  for (const { without, what, parameters, dropped, error, rise } of rows) {
    const estimates = [error, rise].map((one) =>
      one === undefined ? '' : `${one.mean.toFixed(2)} ± ${one.standardError?.toFixed(2)}`,
    );
    const name = without.length === 0 ? 'nothing' : without.join(' + ');
    const cells = [name, what, count(parameters), count(dropped), ...estimates];
    const line = read('depth.md')
      .split('\n')
      .find((one) => one.startsWith(`| ${name} `));
    expect(line?.split('|').slice(1, -1).map((cell) => cell.trim())).toEqual(cells); // prettier-ignore
  }
});
