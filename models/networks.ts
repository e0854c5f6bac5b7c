import type { Module } from '../lib/module.ts';
import { alexnet } from './alexnet.ts';
import { googlenet } from './googlenet.ts';
import { hubelWiesel } from './hubelWiesel.ts';
import { lenet } from './lenet.ts';
import { lenet1 } from './lenet1.ts';
import { lenet5 } from './lenet5.ts';
import { neocognitron } from './neocognitron.ts';
import type { ImageShape, NetworkOptions } from './options.ts';
import { resnet18, resnet20, resnet34, resnet50, resnet101, resnet152 } from './resnet.ts';
import { vgg16, vgg19 } from './vgg.ts';

/** A network of the command line. */
export interface NetworkEntry {
  /** Builds the network with its published sizes, or with those of the options. */
  readonly build: (options: NetworkOptions) => Module;
  /** The shape of one image, if the options do not give another. */
  readonly inputShape: ImageShape;
  /** The number of scores, if the options do not give another. */
  readonly classes: number;
  /** The name of the network in texts. */
  readonly title: string;
  /** The publication or the file that describes the network. */
  readonly source: string;
}

const IMAGENET = { inputShape: [224, 224, 3], classes: 1000 } as const;
const VGG = 'Simonyan, Zisserman 2014, arXiv:1409.1556';
const RESNET = 'He, Zhang, Ren, Sun 2015, arXiv:1512.03385';

const resnetEntry = (layers: number, build: NetworkEntry['build']): NetworkEntry => {
  return { build, ...IMAGENET, title: `ResNet-${layers}`, source: RESNET };
};

/** The networks of the lecture, by their names on the command line. */
export const networks: Readonly<Record<string, NetworkEntry>> = {
  lenet: {
    build: lenet,
    inputShape: [28, 28, 1],
    classes: 10,
    title: "Caffe's LeNet",
    source: 'Caffe, examples/mnist/lenet_train_test.prototxt',
  },
  lenet1: {
    build: lenet1,
    inputShape: [28, 28, 1],
    classes: 10,
    title: 'LeNet-1',
    source: 'LeCun et al., NIPS 2, 1990',
  },
  lenet5: {
    build: lenet5,
    inputShape: [32, 32, 1],
    classes: 10,
    title: 'LeNet-5',
    source: 'LeCun, Bottou, Bengio, Haffner 1998',
  },
  alexnet: {
    build: alexnet,
    inputShape: [227, 227, 3],
    classes: 1000,
    title: 'AlexNet',
    source: 'Krizhevsky, Sutskever, Hinton, NIPS 2012, without its two groups',
  },
  vgg16: { build: vgg16, ...IMAGENET, title: 'VGG-16', source: VGG },
  vgg19: { build: vgg19, ...IMAGENET, title: 'VGG-19', source: VGG },
  googlenet: {
    build: googlenet,
    ...IMAGENET,
    title: 'GoogLeNet',
    source: 'Szegedy et al. 2014, arXiv:1409.4842',
  },
  resnet18: resnetEntry(18, resnet18),
  resnet34: resnetEntry(34, resnet34),
  resnet50: resnetEntry(50, resnet50),
  resnet101: resnetEntry(101, resnet101),
  resnet152: resnetEntry(152, resnet152),
  resnet20: {
    build: resnet20,
    inputShape: [32, 32, 3],
    classes: 10,
    title: 'ResNet-20 for CIFAR-10',
    source: `${RESNET}, section 4.2`,
  },
  'hubel-wiesel': {
    build: hubelWiesel,
    inputShape: [143, 143, 1],
    classes: 102,
    title: 'Multistage Hubel-Wiesel architecture',
    source: 'Jarrett, Kavukcuoglu, Ranzato, LeCun, ICCV 2009',
  },
  neocognitron: {
    build: neocognitron,
    inputShape: [16, 16, 1],
    classes: 10,
    title: 'Neocognitron',
    source: 'Fukushima 1980, Biological Cybernetics 36',
  },
};
