import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';
import { isObject } from '../../lib/isObject.ts';

/**
 * Writes the licences of all packages that the page and its workers contain. Vite's own list does
 * not include the workers, because each worker is a separate build. The workers are built before
 * the page, so the plugin of the page writes the complete list.
 *
 * @returns the plugin for the page, and the plugin for the workers.
 */
export function licenses(fileName: string): { readonly page: Plugin; readonly worker: Plugin } {
  const folders = new Set<string>();
  const collect = (bundle: Rolldown.OutputBundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue;
      for (const id of file.moduleIds) {
        const folder = PACKAGE.exec(id)?.[0];
        if (folder !== undefined) folders.add(folder);
      }
    }
  };
  return {
    worker: {
      name: 'boxprop-licenses-of-worker',
      generateBundle: (_, bundle) => collect(bundle),
    },
    page: {
      name: 'boxprop-licenses',
      generateBundle(_, bundle) {
        collect(bundle);
        const texts = [...folders].map(licenseOf).sort();
        this.emitFile({ type: 'asset', fileName, source: `# Licenses\n\n${texts.join('\n')}` });
      },
    },
  };
}

/** Matches the folder of the package to which a module belongs. */
const PACKAGE = /^[^\0].*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * Reads the licence of a package. If the package has no licence file, the text has only its name,
 * its version and the name of the licence.
 */
function licenseOf(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = isObject(manifest) ? manifest : {};
  const file = readdirSync(folder).find((one) => /^licen[cs]e|^copying/i.test(one));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `## ${String(name)} - ${String(version)} (${String(license)})\n${text}`;
}
