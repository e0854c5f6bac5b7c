import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian's Chromium keeps SwiftShader, a GPU in software, and the loader that finds it. */
const FOLDER = '/usr/lib/chromium';

/**
 * The variables with which a process finds SwiftShader as its GPU; undefined where it is not
 * installed.
 */
export function swiftshader(): Record<string, string> | undefined {
  const driver = join(FOLDER, 'vk_swiftshader_icd.json');
  if (!existsSync(driver)) return undefined;
  return {
    LD_LIBRARY_PATH: FOLDER,
    VK_ICD_FILENAMES: driver,
    // The loader asks for one; nothing is written there.
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? mkdtempSync(join(tmpdir(), 'boxprop-xdg-')),
  };
}
