import { InputError, show } from '../../lib/errors.ts';

/** Throws unless a name can be that of a problem set, of its folder, and of its package. */
export function checkSetName(place: string, name: unknown): void {
  if (typeof name === 'string' && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return;
  throw new InputError(
    `${place}: name: expected small letters, digits and hyphens, such as leaky-relu, got ${show(name)}`,
  );
}
