import type { ComponentType } from 'preact';
import type { RemoteEngine } from '../engine/messages.ts';

/** A view of the page. */
export interface ViewEntry {
  /** The name of the view in the address: `#/example`. */
  readonly name: string;
  readonly title: string;
  /** Loads the code of the view. It is called when the view is first opened. */
  load(): Promise<ComponentType<{ engine: RemoteEngine }>>;
}

/** The views, in the order of the navigation; the first one opens by default. */
export const VIEWS: readonly ViewEntry[] = [
  {
    name: 'example',
    title: 'Worked example',
    load: async () => (await import('./example.tsx')).ExampleView,
  },
  {
    name: 'box',
    title: 'Any box',
    load: async () => (await import('./box.tsx')).BoxView,
  },
  {
    name: 'borders',
    title: 'Borders',
    load: async () => (await import('./borders.tsx')).BordersView,
  },
  {
    name: 'tour',
    title: 'Tour',
    load: async () => (await import('./tour.tsx')).TourView,
  },
  {
    name: 'live',
    title: 'Live network',
    load: async () => (await import('./live.tsx')).LiveView,
  },
  {
    name: 'architectures',
    title: 'Architectures',
    load: async () => (await import('./architectures.tsx')).ArchitecturesView,
  },
  {
    name: 'psets',
    title: 'Problem sets',
    load: async () => (await import('./psets.tsx')).PsetsView,
  },
];
