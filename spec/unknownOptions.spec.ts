import {
  Adagrad,
  Adam,
  AdamW,
  BinaryCrossEntropy,
  Euclidean,
  gaborBank,
  Hinge,
  Huber,
  inverseRate,
  L1,
  Linear,
  NegativeLogLikelihood,
  ReduceOnPlateau,
  RMSProp,
  Rng,
  SGD,
  SoftmaxCrossEntropy,
  stepRate,
  useBackend,
  withBackend,
  withGradientClipping,
} from '../index.ts';
import { ArrayDataset, elastic, subset } from '../data/index.ts';
import { loadCsv } from '../data/csv.ts';
import { loadImageFolder } from '../data/imageFolder.ts';
import { loadMnist } from '../data/mnist.ts';
import { toOnnx } from '../formats/index.ts';
import { gradcheck, gradcheckAll, gradcheckNetwork } from '../gradcheck/index.ts';
import * as models from '../models/index.ts';
import { gridPoints, randomPoints } from '../search/index.ts';
import { messageOf } from './support/compare.ts';

/** Adds an unknown option to valid ones. In an object literal the types would refuse it. */
const withExtra = <Options extends object>(valid: Options, extra: object): Options => ({
  ...valid,
  ...extra,
});

beforeAll(async () => {
  await useBackend('cpu');
});

const rng = new Rng(0);
const rate = { learningRate: 0.1 };
const box = () => new Linear(2, 1, { rng });
const dataset = new ArrayDataset({
  name: 'points',
  inputs: new Float32Array([1, 2]),
  labels: [0, 1],
  inputShape: [1],
  classes: 2,
});
/** Options in which learningRate is misspelled. */
const misspelledRate = withExtra<typeof rate>(
  { ...rate },
  { learningrate: 0.1, learningRate: undefined },
);
const group = { matches: () => true };

type Calls = readonly (readonly [call: () => unknown, message: string])[];

const calls: Calls = [
  // The message reports the misspelled name, and not that learningRate is missing.
  ...[SGD, Adagrad, RMSProp, Adam, AdamW].map((Optimizer) => {
    const message = `${Optimizer.name}: unknown option learningrate; did you mean learningRate?`;
    return [() => new Optimizer(box().params, misspelledRate), message] as const;
  }),
  [
    () => new SGD(box().params, { ...rate, groups: [group, withExtra(group, { rate: 1 })] }),
    'SGD.groups[1]: unknown option rate; expected one of matches, learningRateScale, weightDecay',
  ],
  [
    () => new AdamW(box().params, { ...rate, groups: [withExtra(group, { weightdecay: 1 })] }),
    'AdamW.groups[0]: unknown option weightdecay; did you mean weightDecay?',
  ],
  [
    () => withGradientClipping(new SGD(box().params, rate), withExtra({ norm: 1 }, { Norm: 1 })),
    'withGradientClipping: unknown option Norm; did you mean norm?',
  ],
  [
    () => new ReduceOnPlateau(withExtra({}, { patiens: 3 })),
    'ReduceOnPlateau: unknown option patiens; did you mean patience?',
  ],
  [
    () => stepRate(0.1, withExtra({ every: 10 }, { gama: 0.5 })),
    'stepRate: unknown option gama; did you mean gamma?',
  ],
  [
    () => inverseRate(0.1, withExtra({}, { pover: 2 })),
    'inverseRate: unknown option pover; did you mean power?',
  ],
  [
    () => toOnnx(box(), withExtra({ inputShape: [2] }, { metdata: {} })),
    'toOnnx: unknown option metdata; did you mean metadata?',
  ],
  [
    () => gaborBank(withExtra({}, { waveLength: 4 })),
    'gaborBank: unknown option waveLength; did you mean wavelength?',
  ],
  [
    () => gridPoints({ x: withExtra({ low: 1, high: 2 }, { lgo: true }) }),
    'x: unknown option lgo; did you mean log?',
  ],
  [
    () => randomPoints({ x: withExtra({ choices: [1, 2] }, { choises: [1] }) }, 2, rng),
    'x: unknown option choises; did you mean choices?',
  ],
  [
    () => subset(dataset, [0], withExtra({}, { nmae: 'one' })),
    'subset: unknown option nmae; did you mean name?',
  ],
  [
    () => elastic(withExtra({}, { sigme: 1 })),
    'elastic: unknown option sigme; did you mean sigma?',
  ],
  ...[
    BinaryCrossEntropy,
    Euclidean,
    Hinge,
    Huber,
    L1,
    NegativeLogLikelihood,
    SoftmaxCrossEntropy,
  ].map((Cost) => {
    const message = `${Cost.name}: unknown option reductoin; did you mean reduction?`;
    return [() => new Cost(withExtra({}, { reductoin: 'sum' })), message] as const;
  }),
];

describe('a misspelled option is refused by its name', () => {
  test.each(calls.map(([call, message]) => [message, call] as const))('%s', (message, call) => {
    expect(messageOf(call)).toBe(message);
  });
});

const asyncCalls: readonly (readonly [call: () => Promise<unknown>, message: string])[] = [
  [
    () => useBackend('cpu', withExtra({}, { thread: 2 })),
    'useBackend: unknown option thread; did you mean threads?',
  ],
  [
    () => withBackend('cpu', () => 0, withExtra({}, { thread: 2 })),
    'useBackend: unknown option thread; did you mean threads?',
  ],
  [
    () => gradcheck(box(), withExtra({ input: [3, 2] }, { sed: 1 })),
    'gradcheck: unknown option sed; did you mean seed?',
  ],
  [
    () => gradcheckNetwork(box(), withExtra({ input: [3, 2] }, { cases: 1 })),
    'gradcheckNetwork: unknown option cases; expected one of input, seed, directions, budget, onBox',
  ],
  [
    () => gradcheckAll({ Linear }, {}, withExtra({}, { case: 1 })),
    'gradcheckAll: unknown option case; did you mean cases?',
  ],
  [
    () => loadCsv('none.csv', withExtra({}, { labelcolumn: 1 })),
    'loadCsv: unknown option labelcolumn; did you mean labelColumn?',
  ],
  [
    () => loadImageFolder('none', withExtra({}, { inputshape: [8, 8, 1] })),
    'loadImageFolder: unknown option inputshape; did you mean inputShape?',
  ],
  [
    () => loadMnist(withExtra({}, { dir: '.' })),
    'loadMnist: unknown option dir; expected one of directory',
  ],
];

describe('a misspelled option rejects', () => {
  test.each(asyncCalls.map(([call, message]) => [message, call] as const))(
    '%s',
    async (message, call) => {
      await expect(call()).rejects.toThrow(new Error(message));
    },
  );
});

const { lenet, lenet1, lenet5, alexnet, vgg16, vgg19, googlenet, googlenetWithHeads } = models;
const { resnet18, resnet20, resnet34, resnet50, resnet101, resnet152 } = models;
const { hubelWiesel, neocognitron, torchvisionAlexnet } = models;
const { torchvisionGooglenet, torchvisionGooglenetAuxiliary } = models;
const { squeezenet10, squeezenet11, densenet121, mobilenetV2, efficientnetLite0 } = models;
const NETWORKS = [
  ...[lenet, lenet1, lenet5, alexnet, vgg16, vgg19, googlenet, googlenetWithHeads],
  ...[resnet18, resnet20, resnet34, resnet50, resnet101, resnet152, hubelWiesel, neocognitron],
  ...[squeezenet10, squeezenet11, densenet121, mobilenetV2, efficientnetLite0],
  ...[torchvisionAlexnet, torchvisionGooglenet, torchvisionGooglenetAuxiliary],
];

test.each(NETWORKS.map((build) => [build.name, build] as const))(
  '%s refuses a misspelled option',
  (name, build) => {
    expect(messageOf(() => build(withExtra({ rng }, { clases: 3 })))).toBe(
      `${name}: unknown option clases; did you mean classes?`,
    );
  },
);

test.each([
  [
    () => alexnet(withExtra({ rng }, { group: 2 })),
    'alexnet: unknown option group; did you mean groups?',
  ],
  [
    () => lenet5(withExtra({ rng }, { from: '1998' })),
    'lenet5: unknown option from; did you mean form?',
  ],
  [
    () => hubelWiesel(withExtra({ rng }, { pool: [] })),
    'hubelWiesel: unknown option pool; did you mean pools?',
  ],
])('an option that only one network has is suggested: %#', (call, message) => {
  expect(messageOf(call)).toBe(message);
});
