import {
  abs,
  any,
  cast,
  greater,
  mean,
  mul,
  notEqual,
  sub,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../lib/constant.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { describePath, propagate, type AnyModule } from '../../lib/propagate.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { Tanh } from '../../modules/tanh.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Whether units are dead, 0 for 100 records at every place, or saturated, within 3 % of where tanh and sigmoid end.
 */
export async function units(patient: DiagnosticContext): Promise<Diagnostic[]> {
  const network = patient.build();
  const batch = await patient.data.batch(sample(patient, 100, 3));
  const places: { kind: 'dead' | 'saturated'; place: string; share: Tensor }[] = [];
  tidy(() => {
    const shares: Tensor[] = [];
    propagate<Tensor>(network, [batch.input], (box, inputs, path) => {
      const output = run(box, inputs);
      const kind =
        box instanceof ReLU
          ? 'dead'
          : box instanceof Tanh || box instanceof Sigmoid
            ? 'saturated'
            : undefined;
      if (kind !== undefined) {
        const share =
          kind === 'dead' ? deadShare(output) : saturatedShare(output, box instanceof Sigmoid);
        places.push({ kind, place: describePath(network, path, box), share });
        shares.push(share);
      }
      return output;
    });
    return shares;
  });
  const found = await Promise.all(
    places.map(async ({ share, ...rest }) => ({ ...rest, share: (await share.data())[0] })),
  );
  disposeTensors([batch, network.params, network.buffers, places.map(({ share }) => share)]);
  const kinds = [
    [
      'dead',
      'ReLU',
      'Draw the weights with He’s initialization, start biases at 0, and take a smaller learning rate.',
    ],
    [
      'saturated',
      'tanh or sigmoid',
      'Make the initial weights or the data smaller: here gradients come to nothing.',
    ],
  ] as const;
  return kinds.map(([kind, of, advice]) => {
    const these = found.filter((one) => one.kind === kind);
    if (these.length === 0) return judge(`${kind} units`, 'good', `the network has no ${of}`, '');
    const worst = these.reduce((a, b) => (b.share > a.share ? b : a));
    const verdict = worst.share > 0.5 ? 'bad' : worst.share > 0.2 ? 'warning' : 'good';
    return judge(
      `${kind} units`,
      verdict,
      `at most ${brief(100 * worst.share)} %, in ${worst.place}`,
      advice,
    );
  });
}

function run(box: AnyModule, inputs: readonly Tensor[]): Tensor {
  return box.infer(box.arity === 'list' ? inputs : inputs[0]) as Tensor;
}

/** Of the channels, those that are 0 for all records, everywhere. */
function deadShare(output: Tensor): Tensor {
  const alive = any(
    notEqual(output, scalar(0)),
    Array.from({ length: output.rank - 1 }, (_, axis) => axis),
  );
  return mean(cast(notEqual(cast(alive, 'float32'), scalar(1)), 'float32'));
}

/** Of the numbers, those near −1 or 1, or near 0 or 1. */
function saturatedShare(output: Tensor, sigmoid: boolean): Tensor {
  const centred = sigmoid ? sub(mul(output, scalar(2)), scalar(1)) : output;
  return mean(cast(greater(abs(centred), scalar(0.97)), 'float32'));
}
