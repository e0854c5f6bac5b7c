import { zeros } from '@tensorflow/tfjs-core';
import { Rng, useBackend, type BackendName } from '../../index.ts';
import { resnet152 } from '../../models/index.ts';
import { peakMemory } from './peakMemory.ts';

/**
 * A program that runs ResNet-152 on one image of 224x224. It prints the shape of the scores and its
 * peak memory.
 */
await useBackend(process.argv[2] as BackendName);
const network = resnet152({ rng: new Rng(0) });
const scores = network.infer(zeros([1, 224, 224, 3]), { mode: 'inference' });
await scores.data();
const gigabytes = peakMemory() / 2 ** 10;
process.stdout.write(JSON.stringify({ shape: scores.shape, gigabytes }));
