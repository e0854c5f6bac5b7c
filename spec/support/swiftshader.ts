import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder where Debian's Chromium keeps SwiftShader, a software GPU, and its Vulkan loader. */
const FOLDER = '/usr/lib/chromium';

/**
 * The environment variables with which a process uses SwiftShader as its GPU; undefined if it is
 * not installed.
 */
export function swiftshader(): Record<string, string> | undefined {
  const driver = join(FOLDER, 'vk_swiftshader_icd.json');
  if (!existsSync(driver)) return undefined;
  return {
    LD_LIBRARY_PATH: FOLDER,
    VK_ICD_FILENAMES: driver,
    // The loader requires this variable, but nothing is written there.
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? mkdtempSync(join(tmpdir(), 'boxprop-xdg-')),
  };
}
