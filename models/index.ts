/** boxprop/models: networks as published, and torchvision's names of their weights. */
export type { ImageShape, NetworkOptions } from './options.ts';
export { networks, type NetworkEntry } from './networks.ts';
export { lenet } from './lenet.ts';
export { lenet1 } from './lenet1.ts';
export { lenet5, type Lenet5Options } from './lenet5.ts';
export { alexnet, type AlexnetLayer, type AlexnetOptions } from './alexnet.ts';
export { vgg16, vgg19 } from './vgg.ts';
export { googlenet, googlenetWithHeads } from './googlenet.ts';
export { resnet101, resnet152, resnet18, resnet20, resnet34, resnet50 } from './resnet.ts';
export { squeezenet10, squeezenet11 } from './squeezenet.ts';
export { densenet121 } from './densenet.ts';
export { mobilenetV2 } from './mobilenetV2.ts';
export { efficientnetLite0 } from './efficientnetLite0.ts';
export { hubelWiesel, type HubelWieselOptions, type Pool } from './hubelWiesel.ts';
export { neocognitron } from './neocognitron.ts';
export { Neocognitron, type NeocognitronLayer } from './neocognitron.ts';
export { learnNeocognitron, type LearnNeocognitronOptions } from './learnNeocognitron.ts';
export {
  torchvisionAlexnet,
  torchvisionGooglenet,
  torchvisionGooglenetAuxiliary,
  torchvisionNetworks,
} from './torchvision/index.ts';
export { torchvisionLayout } from './torchvision/layout.ts';
