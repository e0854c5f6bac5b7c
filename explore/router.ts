import { computed, signal } from '@preact/signals';

/**
 * The part of the page's address after `#/`. It is a view and its state, such as `box?name=Tanh`.
 */
const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

/** The name of the view. It is empty for the first view. */
export const view = computed(() => hash.value.replace(/^#\/?/, '').split('?')[0]);

/** The state of the view. */
export const state = computed(() => new URLSearchParams(hash.value.split('?')[1] ?? ''));

/** Returns the address of a view. */
export function addressOf(name: string, values: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(values).toString();
  return `#/${name}${query && `?${query}`}`;
}

/** Opens a view, with a new entry in the browser's history. */
export function visit(name: string, values: Readonly<Record<string, string>>): void {
  location.hash = addressOf(name, values);
}

/**
 * Changes the state in the address, without a new entry in the browser's history. An undefined
 * value removes its key.
 */
export function setState(changes: Readonly<Record<string, string | undefined>>): void {
  const next = new URLSearchParams(state.value);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  history.replaceState(null, '', addressOf(view.value, Object.fromEntries(next)));
  hash.value = location.hash;
}
