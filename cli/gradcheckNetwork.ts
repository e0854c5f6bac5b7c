import { gradcheckNetwork, type GradcheckReport } from '../gradcheck/index.ts';
import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import { InputError, show } from '../lib/errors.ts';
import type { AnyModule } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { loadOnnx } from '../formats/onnx/onnxFile.ts';
import type { ImageShape } from '../models/options.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { requireFiniteWeights } from './finiteWeights.ts';
import { resolveNetwork } from './resolveNetwork.ts';

interface Options {
  readonly backend: BackendName | 'auto';
  readonly module?: string;
  readonly weights?: string;
  readonly input?: ImageShape;
  readonly seed: number;
  readonly directions: number;
}

/**
 * If a forward pass of one example takes more multiply-adds, the batch has one example, otherwise
 * two.
 */
const LARGE = 5e7;

/**
 * Checks each box of a network at its place, and the network as a whole. A network without weights
 * gets random ones.
 *
 * Errors: those of `resolveNetwork`, `loadOnnx` and the weights; options for the check of boxes.
 */
export async function checkNetwork(name: string, options: Options): Promise<GradcheckReport> {
  const { backend, module, seed, directions } = options;
  if (module !== undefined)
    throw new InputError(`--module: expected no network with it, got ${show(name)}`);
  if (backend !== 'float64')
    throw new InputError(`--backend: expected float64 for a network, got ${show(backend)}`);
  await useBackend('float64');
  const { network, shapes } = await open(name, options);
  const { multiplyAdds: work = 0 } = network.facts(shapes.map((shape) => [1, ...shape]));
  const batch = work > LARGE ? 1 : 2;
  const input = shapes.map((shape) => [batch, ...shape]);
  const report = await gradcheckNetwork(network, { input, seed, directions });
  network.dispose();
  return report;
}

/** Builds a network, and returns the shapes of one example of its inputs. */
async function open(
  name: string,
  { weights: file, input, seed }: Options,
): Promise<{ network: AnyModule; shapes: readonly (readonly number[])[] }> {
  if (isOnnxFile(name)) {
    if (file !== undefined)
      throw new InputError(`--weights: expected none, because ${name} holds its own, got ${file}`);
    const network = await loadOnnx<string[], string[]>(name, {
      ...(input && { inputShape: input }),
    });
    await requireFiniteWeights(name, network);
    return { network, shapes: network.inputShapes };
  }
  if (file === undefined) {
    const entry = await resolveNetwork(name);
    const inputShape = input ?? entry.inputShape;
    const network = await entry.build({ rng: new Rng(seed), inputShape });
    return { network, shapes: [inputShape] };
  }
  const { networkOfWeights } = await import('./weightsFile.ts');
  const { network, inputShape } = await networkOfWeights(file, name, input);
  return { network, shapes: [inputShape] };
}
