import Table from 'cli-table3';
import { briefChange, describeField, invarianceLabel } from '../report/invariancePage.ts';
import type { NetworkInvariance } from './networkInvariance.ts';

/** Formats one row per box, with a few of the amounts, and one line per receptive field. */
export function formatInvariance({ boxes, fields }: NetworkInvariance): string[] {
  const [first] = boxes;
  const [small, large] = [0, first.shift.length - 1];
  const [turn, shrink, grow] = [2, 1, first.scale.length - 3];
  const head = [
    'box',
    'output',
    `${first.shift[small].amount} px`,
    `${first.shift[large].amount} px`,
    `${first.rotation[turn].amount}°`,
    `x${first.scale[shrink].amount}`,
    `x${first.scale[grow].amount}`,
    'another image',
  ];
  const table = new Table({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const box of boxes) {
    const changes = [
      box.shift[small].change,
      box.shift[large].change,
      box.rotation[turn].change,
      box.scale[shrink].change,
      box.scale[grow].change,
      box.other,
    ];
    table.push([invarianceLabel(box), box.outputShape.join('x'), ...changes.map(briefChange)]);
  }
  const lines = fields.map(
    ({ label, field }) => `receptive field of ${label}: ${describeField(field)}`,
  );
  return [table.toString(), ...lines];
}
