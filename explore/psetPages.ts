import pages from 'virtual:psetPages';
import type { PsetPage } from './plugins/psetPages.ts';

/** Loads the texts of a problem set, which a build plugin makes from its README. */
export async function loadPsetPage(name: string): Promise<PsetPage> {
  const load = (pages as Readonly<Record<string, () => Promise<{ default: PsetPage }>>>)[name];
  return (await load()).default;
}
