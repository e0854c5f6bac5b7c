import type { Module } from '../lib/module.ts';
import { alexnet } from './alexnet.ts';
import { densenet121 } from './densenet.ts';
import { efficientnetLite0 } from './efficientnetLite0.ts';
import { googlenet } from './googlenet.ts';
import { hubelWiesel } from './hubelWiesel.ts';
import { lenet } from './lenet.ts';
import { lenet1 } from './lenet1.ts';
import { lenet5 } from './lenet5.ts';
import { mobilenetV2 } from './mobilenetV2.ts';
import { neocognitron } from './neocognitron.ts';
import type { ImageShape, NetworkOptions } from './options.ts';
import { resnet18, resnet20, resnet34, resnet50, resnet101, resnet152 } from './resnet.ts';
import { squeezenet10, squeezenet11 } from './squeezenet.ts';
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

/** The networks of the lecture and some later ones, by their names on the command line. */
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
  'squeezenet-1.0': {
    build: squeezenet10,
    ...IMAGENET,
    title: 'SqueezeNet 1.0',
    source: 'Iandola et al. 2016, arXiv:1602.07360',
  },
  'squeezenet-1.1': {
    build: squeezenet11,
    ...IMAGENET,
    title: 'SqueezeNet 1.1',
    source: "Iandola et al. 2016, the authors' repository",
  },
  densenet121: {
    build: densenet121,
    ...IMAGENET,
    title: 'DenseNet-121',
    source: 'Huang, Liu, van der Maaten, Weinberger 2017, arXiv:1608.06993',
  },
  'mobilenet-v2': {
    build: mobilenetV2,
    ...IMAGENET,
    title: 'MobileNetV2',
    source: 'Sandler, Howard, Zhu, Zhmoginov, Chen 2018, arXiv:1801.04381',
  },
  'efficientnet-lite0': {
    build: efficientnetLite0,
    ...IMAGENET,
    title: 'EfficientNet-Lite0',
    source: "Tan, Le 2019, arXiv:1905.11946, in TensorFlow's form lite",
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
