import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const manifestFile = () => createRequire(import.meta.url).resolve('boxprop/package.json');

/** Returns the folder in which boxprop is installed. */
export function packageRoot(): string {
  return dirname(manifestFile());
}

/** Returns the version of boxprop. */
export function packageVersion(): string {
  const file = manifestFile();
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error(`${file}: expected a version`);
  }
  return String(manifest.version);
}
