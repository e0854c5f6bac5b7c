import { abs, any, cast, greater, mean, notEqual, sub, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../lib/constant.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { describePath, propagate } from '../../lib/propagate.ts';
import type { Facts } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/** What can be wrong with the units of a box whose outputs are bounded. */
type Kind = 'dead' | 'saturated';

/**
 * Whether units are dead or saturated, for 100 examples. A unit of a box that is bounded on one
 * side, such as a ReLU, is dead if it stays at the bound for every example at every position. A
 * value of a box that is bounded on both sides, such as tanh or the sigmoid, is saturated within
 * 1.5 % of its range from a bound.
 */
export async function units(context: DiagnosticContext): Promise<Diagnostic[]> {
  const network = context.build();
  const batch = await context.data.batch(sample(context, 100, 3));
  const places: { kind: Kind; place: string; share: Tensor }[] = [];
  tidy(() => {
    const shares: Tensor[] = [];
    propagate<Tensor>(network, [batch.input], (box, inputs, path) => {
      const output = run(box, inputs);
      const { window, range } = box.facts(inputs.map(({ shape }) => shape));
      if (window === 'elementwise' && range !== undefined) {
        const kind = range.every(Number.isFinite) ? 'saturated' : 'dead';
        const share = kind === 'dead' ? deadShare(output, range) : saturatedShare(output, range);
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

/** The share of the channels that stay at their one bound, for all examples at all positions. */
function deadShare(output: Tensor, range: Range): Tensor {
  const bound = range.find(Number.isFinite) ?? 0;
  const axes = Array.from({ length: output.rank - 1 }, (_, axis) => axis);
  const isAlive = any(notEqual(output, scalar(bound)), axes);
  return mean(cast(notEqual(cast(isAlive, 'float32'), scalar(1)), 'float32'));
}

/** The share of the values within 1.5 % of the range from one of its ends. */
function saturatedShare(output: Tensor, [low, high]: Range): Tensor {
  const centre = scalar((low + high) / 2);
  const limit = scalar(0.97 * ((high - low) / 2));
  return mean(cast(greater(abs(sub(output, centre)), limit), 'float32'));
}

type Range = NonNullable<Facts['range']>;
