import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const RECORDED = fileURLToPath(new URL('../psets/recorded', import.meta.url));
const PSETS = '\0recorded-psets';
const NOTE = '<p>The derivation is in the repository of boxprop, and not in the package.</p>';

/**
 * Returns a plugin for the live page in the package, which students install. It replaces the
 * problem sets by their recordings, which are enough for the page's seed, and leaves out the
 * derivations.
 *
 * @param {string} installed the path of the file `installed.json`.
 */
export function withoutSolutions(installed) {
  return {
    name: 'boxprop-without-solutions',
    enforce: 'pre',
    resolveId: (id) => (/[/]psets[/]index\.ts$/.test(id) ? PSETS : undefined),
    load(id) {
      if (id !== PSETS) return undefined;
      return `
        import { readInstalled } from ${JSON.stringify(join(RECORDED, 'installedFile.ts'))};
        import { replayPset } from ${JSON.stringify(join(RECORDED, 'replayPset.ts'))};
        const text = ${JSON.stringify(readFileSync(installed, 'utf8'))};
        export const psets = readInstalled(text).map(({ recording }) => replayPset(recording));`;
    },
    transform(code, id) {
      if (!id.startsWith('\0virtual:psetPages/')) return undefined;
      const page = JSON.parse(code.replace(/^export default /, ''));
      return `export default ${JSON.stringify({ ...page, solution: NOTE })}`;
    },
  };
}
