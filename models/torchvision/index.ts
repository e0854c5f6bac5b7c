import type { NetworkEntry } from '../networks.ts';
import { torchvisionAlexnet } from './alexnet.ts';
import { torchvisionGooglenet } from './googlenet.ts';

export { torchvisionAlexnet } from './alexnet.ts';
export { torchvisionGooglenet, torchvisionGooglenetAuxiliary } from './googlenet.ts';

const IMAGENET = { inputShape: [224, 224, 3], classes: 1000 } as const;

/**
 * The networks of torchvision whose names are taken by different networks here. The keys are their
 * names on the command line.
 */
export const torchvisionNetworks = {
  'torchvision-alexnet': {
    build: torchvisionAlexnet,
    ...IMAGENET,
    title: "torchvision's AlexNet",
    source: 'Krizhevsky 2014, arXiv:1404.5997',
  },
  'torchvision-googlenet': {
    build: torchvisionGooglenet,
    ...IMAGENET,
    title: "torchvision's GoogLeNet",
    source: 'Szegedy et al. 2014, arXiv:1409.4842, with batch normalization',
  },
} satisfies Readonly<Record<string, NetworkEntry>>;
