import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { disposeTensors } from './memory.ts';
import type { Rng } from './rng.ts';

/** Tensors that belong to a box, by name: `{ weight, bias }`. A container names those of its boxes `0.weight`. */
export type Params = Readonly<Record<string, Variable>>;

/** One gradient for each parameter, under the parameter's name. */
export type Grads = Record<string, Tensor>;

/** What a forward pass may depend on besides the input. Inference is the default. */
export interface Context {
  readonly mode: 'training' | 'inference';
  /** Needed by boxes that draw random numbers in training. */
  readonly rng?: Rng;
}

export interface ForwardResult<Out, Cache> {
  output: Out;
  cache: Cache;
}

export interface Gradients<In> {
  gradInput: In;
  gradParams: Grads;
}

/** A box in a container, under the name that its parameters have before their own: `0`, `body`. */
export type NamedModule = readonly [name: string, box: Module<unknown, unknown>];

/**
 * A box: x_out = F(x_in, w), with the three arrows of the lecture.
 *
 *   forward            x_out = F(x_in, w)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · ∂F/∂x_in
 *   backpropToParams   ∂C/∂w    = ∂C/∂x_out · ∂F/∂w, summed over the batch
 *
 * `forward` changes neither the box nor its input. What the backward methods need is in the typed `cache`, a plain
 * object, so that a box may be used twice before it is swept back.
 *
 * Who owns what: every tensor that a method returns is new to the caller, who disposes it (`release(cache)`
 * lets all of a cache go). A cache holds tensors of its own: clones, which share memory with what they clone.
 */
export abstract class Module<In = Tensor, Out = Tensor, Cache = unknown> {
  /** Learnable. */
  readonly params: Params = {};
  /** Saved with the model and not learned, such as running statistics. */
  readonly buffers: Params = {};

  /** Whether `forward` takes one tensor or a list of them, as a box that merges several does. */
  readonly arity: 'tensor' | 'list' = 'tensor';

  abstract forward(input: In, context?: Context): ForwardResult<Out, Cache>;

  /**
   * The output alone, of a forward that nothing will be swept back through. A container lets go what each of its boxes
   * keeps as soon as that box has run, so a deep network needs little more memory than its widest place.
   */
  infer(input: In, context?: Context): Out {
    const { output, cache } = this.forward(input, context);
    disposeTensors(cache);
    return output;
  }

  abstract backpropToInput(gradOutput: Out, cache: Cache): In;

  /** A box without parameters has nothing to give. */
  backpropToParams(_gradOutput: Out, _cache: Cache): Grads {
    return {};
  }

  /**
   * Both gradients. A box overrides this only where the two share work. A container sweeps its boxes once and lets
   * each one's cache go behind the sweep, so its cache serves for one `backprop`.
   */
  backprop(gradOutput: Out, cache: Cache): Gradients<In> {
    return {
      gradInput: this.backpropToInput(gradOutput, cache),
      gradParams: this.backpropToParams(gradOutput, cache),
    };
  }

  /**
   * The backward of a training step: the gradients of the parameters alone, letting the cache go. The first box of a
   * network has nothing before it, so its gradient of the data is not computed.
   */
  backpropParams(gradOutput: Out, cache: Cache): Grads {
    const gradParams = this.backpropToParams(gradOutput, cache);
    disposeTensors(cache);
    return gradParams;
  }

  /** Moves the buffers on by one batch. The training loop calls it after `forward`; nothing else changes them. */
  updateBuffers(_cache: Cache): void {}

  /** The boxes in a container, in the order of its forward. A box that stands in two places is there twice. */
  children(): readonly NamedModule[] {
    return [];
  }

  /** Lets the tensors of the box go. */
  dispose(): void {
    disposeTensors([this.params, this.buffers]);
  }
}
