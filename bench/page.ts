import { begin, turn, type Ready, type Setup, type System, type Turn } from './system.ts';

/** What a page of `bench/browser.ts` loads: a system, started and timed there. */
let system: System;

export async function start(setup: Setup): Promise<Ready> {
  system =
    setup.system === 'boxprop'
      ? await (await import('./boxprop.ts')).boxprop(setup)
      : await (await import('./tfjsLayers.ts')).tfjsLayers(setup);
  return begin(system);
}

export const next = (count: number): Promise<Turn> => turn(system, count);
