import { networks, type ImageShape, type NetworkEntry } from '../models/index.ts';
import { torchvisionNetworks } from '../models/torchvision/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { zeros } from '../lib/init/initializers.ts';
import type { AnyModule } from '../lib/propagate.ts';
import { Rng } from '../lib/rng.ts';

const KNOWN: Readonly<Record<string, NetworkEntry>> = { ...networks, ...torchvisionNetworks };

/**
 * The network of a name of the command line.
 * @param where what errors say the name is of.
 */
export function networkNamed(name: string, where = 'network'): NetworkEntry {
  if (!Object.hasOwn(KNOWN, name)) {
    throw new InputError(
      `${where}: expected one of ${Object.keys(KNOWN).join(', ')}, got ${show(name)}; see boxprop --help`,
    );
  }
  return KNOWN[name];
}

/** The network with weights of 0: to look at. */
export function emptyNetwork(
  entry: NetworkEntry,
  inputShape: ImageShape = entry.inputShape,
): AnyModule {
  return entry.build({ rng: new Rng(0), init: zeros, inputShape });
}

/** The inputs of a dataset as networks are built for them. */
export function imageShapeOf({ inputShape: [height, width, channels] }: Dataset): ImageShape {
  return [height, width, channels];
}
