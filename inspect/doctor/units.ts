import { abs, any, cast, greater, mean, notEqual, sub, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../lib/constant.ts';
import { meanAll } from '../../lib/kernels/reduce/sumAll.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { describePath, propagate } from '../../lib/propagate.ts';
import { inferBox } from '../../lib/runBox.ts';
import type { Facts } from '../../lib/facts.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * The faults of units with bounded outputs: a unit can be dead if its output has one bound, and
 * saturated if it has two.
 */
type Kind = 'dead' | 'saturated';

/**
 * Checks whether units are dead or saturated for 100 examples. The output of a ReLU has one bound:
 * a channel is dead if it stays at the bound for every example at every position. The outputs of
 * tanh and the sigmoid have two bounds: a value is saturated if its distance from a bound is less
 * than 1.5 % of the range.
 */
export async function units(context: DiagnosticContext): Promise<Diagnostic[]> {
  const network = context.build();
  const batch = await context.data.batch(sample(context, 100, 3));
  const places: { kind: Kind; place: string; share: Tensor }[] = [];
  tidy(() => {
    const shares: Tensor[] = [];
    propagate<Tensor>(network, [batch.input], (box, inputs, path) => {
      const output = inferBox(box, inputs);
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
      'one side, as a ReLU is',
      'Draw the weights with He’s initialization, start biases at 0, and use a smaller learning rate.',
    ],
    [
      'saturated',
      'both sides, as tanh and the sigmoid are',
      'Reduce the scale of the initial weights or of the data: gradients vanish at the bounds.',
    ],
  ] as const;
  return kinds.map(([kind, bounds, advice]) => {
    const candidates = found.filter((one) => one.kind === kind);
    if (candidates.length === 0)
      return judge(`${kind} units`, 'good', `no output is bounded on ${bounds}`, '');
    const worst = candidates.reduce((a, b) => (b.share > a.share ? b : a));
    const severity = worst.share > 0.5 ? 'bad' : worst.share > 0.2 ? 'warning' : 'good';
    return judge(
      `${kind} units`,
      severity,
      `at most ${brief(100 * worst.share)} %, in ${worst.place}`,
      advice,
    );
  });
}

/** Returns the fraction of channels that stay at the bound for all examples at all positions. */
function deadShare(output: Tensor, range: Range): Tensor {
  const bound = range.find(Number.isFinite) ?? 0;
  const axes = Array.from({ length: output.rank - 1 }, (_, axis) => axis);
  const isAlive = any(notEqual(output, scalar(bound)), axes);
  return mean(cast(notEqual(cast(isAlive, 'float32'), scalar(1)), 'float32'));
}

/**
 * Returns the fraction of values whose distance from an end of the range is less than 1.5 % of the
 * range.
 */
function saturatedShare(output: Tensor, [low, high]: Range): Tensor {
  const centre = scalar((low + high) / 2);
  const limit = scalar(0.97 * ((high - low) / 2));
  return meanAll(cast(greater(abs(sub(output, centre)), limit), 'float32'));
}

/** The lower and the upper bound of an output. */
type Range = NonNullable<Facts['range']>;
