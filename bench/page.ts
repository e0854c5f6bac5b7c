import { begin, turn, type Ready, type Setup, type System, type Turn } from './system.ts';

/** The system that `bench/browser.ts` starts and times in a page. */
let system: System;

export async function start(setup: Setup): Promise<Ready> {
  system =
    setup.system === 'boxprop'
      ? await (await import('./boxprop.ts')).boxprop(setup)
      : await (await import('./tfjsLayers.ts')).tfjsLayers(setup);
  return begin(system);
}

export const next = (count: number): Promise<Turn> => turn(system, count);
