import type { Module } from '../lib/module.ts';
import type { NetworkEntry } from '../models/networks.ts';
import type { NetworkFacts } from './networkFacts.ts';
import type { NetworkOptions } from '../models/options.ts';

/**
 * A network that a command can build, with what its file states about its weights. Building one
 * from a file may take time.
 */
export interface ResolvedNetwork
  extends Omit<NetworkEntry, 'build'>, Omit<NetworkFacts, 'inputShape' | 'classes'> {
  /** The sizes that the network's file states. Otherwise they are defaults. */
  readonly stated?: Pick<NetworkFacts, 'inputShape' | 'classes'>;
  readonly build: (options: NetworkOptions) => Module | Promise<Module>;
}
