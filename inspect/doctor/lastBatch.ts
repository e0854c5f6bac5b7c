import { disposeTensors } from '../../lib/memory.ts';
import { smallBatch } from '../../train/checkBatches.ts';
import { judge, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Checks whether every batch of an epoch has as many examples as each box needs in training. A
 * BatchNorm of vectors, for example, throws for a last batch of one example.
 */
export function lastBatch({ build, data, batchSize = 64 }: DiagnosticContext): Diagnostic {
  const network = build();
  const found = smallBatch(network, { train: data, batchSize });
  disposeTensors([network.params, network.buffers]);
  const name = 'last batch';
  if (found === undefined) {
    const last = data.length % batchSize || batchSize;
    return judge(name, 'good', `${last} examples at batch size ${batchSize}`, '');
  }
  const { expected, got, advice } = found;
  const sentence = `${advice[0].toUpperCase()}${advice.slice(1)}.`;
  return judge(name, 'warning', `${got}; expected ${expected}`, sentence);
}
