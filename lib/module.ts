import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ChannelMap } from './channelMap.ts';
import { checkMode, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { Share } from './group.ts';
import type { Facts, Shape } from './facts.ts';
import { disposeTensors } from './memory.ts';
import { predict, type NestedArray, type Prediction } from './predict.ts';
import { printModule } from './printModule.ts';
import type { ProjectionRule } from './projectionRule.ts';
import type { Rng } from './rng.ts';

/**
 * The tensors of a box by name, such as `{ weight, bias }`. In a container, the name of a child is
 * put in front: `0.weight`.
 */
export type Params = Readonly<Record<string, Variable>>;

/** One gradient per parameter, under the parameter's name. */
export type Grads = Record<string, Tensor>;

/** The mode of a forward pass, which is inference by default, and its random generator. */
export interface Context {
  readonly mode: 'training' | 'inference';
  /** Required by boxes that draw random numbers in training. */
  readonly rng?: Rng;
  /**
   * The examples of the input, if they are a part of a batch whose other parts other processes
   * compute. Boxes then draw the random numbers of the whole batch and use those of their examples.
   */
  readonly share?: Share;
  /** Containers call it after the forward pass of each child, inner children first. */
  readonly afterBox?: (box: AnyModule, input: unknown, output: unknown) => void;
  /** The boxes that training leaves unchanged. The network that `freeze` returns sets it. */
  readonly frozen?: FrozenRunner;
}

/** The result of `forward`: the output, and the cache that the backward methods need. */
export interface ForwardResult<Out, Cache> {
  output: Out;
  cache: Cache;
}

/** The gradients that a backward pass computes at one run of a box. */
export interface Needs {
  /** Whether the gradient of the input leads to a trainable parameter. */
  readonly input: boolean;
  /** Whether the box, or a box inside it, has a trainable parameter. */
  readonly params: boolean;
}

/** Runs the boxes of a network of which some are frozen; see `FrozenBoxes`. */
export interface FrozenRunner {
  run(
    box: AnyModule,
    input: unknown,
    context: Context,
  ): ForwardResult<unknown, unknown> & { readonly needs: Needs };
}

/** The result of `backprop`: ∂C/∂x_in, and ∂C/∂w for every parameter w. */
export interface Gradients<In> {
  gradInput: In;
  gradParams: Grads;
}

/** Any box, with any types of input and output. */
export type AnyModule = Module<unknown, unknown>;

/** Receives the parameter gradients of a box that is not a container. It must not dispose them. */
export type GradVisitor = (box: AnyModule, gradParams: Grads) => void;

/** A box in a container, with its name there: `['0', box]`, `['body', box]`. */
export type NamedModule<In = unknown, Out = unknown> = readonly [
  name: string,
  box: Module<In, Out>,
];

/**
 * A value that a traversal passes through a network, such as a shape, the name of an ONNX value, or
 * a tensor.
 */
export interface Carried<V> {
  readonly value: V;
}

/** The input or output of a box in a traversal: one value, or a list where `forward` has a list. */
export type CarriedValues<V> = Carried<V> | readonly Carried<V>[];

/** The callbacks of a traversal. */
export interface Traversal<V> {
  /**
   * Visits a box that is not a container. It receives the values of the inputs and returns the
   * value of the output.
   */
  visit(box: AnyModule, inputs: readonly V[], path: string): V;
  /** Receives the outputs of each box and container after it has been visited. */
  leave?(outputs: readonly V[], path: string): void;
}

/**
 * A box: x_out = F(x_in, w), with the three arrows of the lecture.
 *
 *   forward            x_out = F(x_in, w)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · ∂F/∂x_in
 *   backpropToParams   ∂C/∂w    = ∂C/∂x_out · ∂F/∂w, summed over the batch
 *
 * `forward` changes neither the box nor its input. It stores whatever the backward methods need in
 * the typed `cache`, a plain object. So a box may run twice before either of the two runs is
 * back-propagated.
 *
 * Ownership: the caller owns every tensor that a method returns and disposes it
 * (`disposeTensors(cache)` disposes a whole cache). A cache owns its tensors: they are clones,
 * which share memory with their originals.
 *
 *     class Square extends Module<Tensor, Tensor, { input: Tensor }> { ... }
 *     const { output, cache } = new Square().forward(input);   // see examples/ownBox.ts
 */
export abstract class Module<In = Tensor, Out = Tensor, Cache = unknown> {
  /** The learnable tensors. */
  readonly params: Params = {};
  /** Tensors that are saved with the model but not learned, such as running statistics. */
  readonly buffers: Params = {};

  /** Whether `forward` takes one tensor, or a list of tensors, as in a box that merges several. */
  readonly arity: 'tensor' | 'list' = 'tensor';

  /**
   * The names of the parameters that are excluded from weight decay, such as `['bias']`. Undefined
   * means unknown: `withoutDecay` throws if a box that has parameters of its own does not set this.
   */
  readonly noDecay: readonly string[] | undefined = undefined;

  /**
   * Whether the output can be finite although the input on which it depends is infinite, as in Tanh
   * and ReLU. If this is true, finite inputs never give an infinite output. False means that an
   * infinite input always gives an output that is not finite. Undefined means unknown. Unless it is
   * false, a training step checks the inputs of the box.
   */
  readonly hidesInfinity: boolean | undefined = undefined;

  /** A box without options takes no arguments, so this throws for `new ReLU({ inplace: true })`. */
  constructor(...unexpected: never[]) {
    if (unexpected.length === 0) return;
    throw new BoxError([nameOf(this)], `expected no arguments, got ${show(unexpected[0])}`);
  }

  /**
   * Computes the output, and the cache for the backward methods. Containers and boxes that depend
   * on the mode throw for an unknown mode; other boxes do not read the context.
   */
  abstract forward(input: In, context?: Context): ForwardResult<Out, Cache>;

  /**
   * Computes only the output, for use without a backward pass. A container disposes the cache of
   * each box as soon as the box has run, so a deep network needs little more memory than its widest
   * layer.
   *
   * Errors: those of `forward`; an unknown mode, even if the box does not depend on the mode.
   */
  infer(input: In, context?: Context): Out {
    checkMode(this, context);
    const { output, cache } = this.forward(input, context);
    disposeTensors(cache);
    return output;
  }

  /**
   * Runs one inference and reads the result. The input is nested arrays of numbers (or tensors),
   * the result is plain values, and no tensors are left behind. For a box that takes a list of
   * tensors, the input is a list.
   *
   * Errors: entries of different shapes; a box that returns a list of tensors; those of `infer`.
   *
   *     const { shape, values } = await network.predict([[5.1, 3.5, 1.4, 0.2]]);   // shape [1, 3]
   */
  predict(input: In | NestedArray): Promise<Prediction> {
    return predict(this, input);
  }

  /** Computes ∂C/∂x_in from ∂C/∂x_out. */
  abstract backpropToInput(gradOutput: Out, cache: Cache): In;

  /** Computes ∂C/∂w from ∂C/∂x_out; a box without parameters has no gradients. */
  backpropToParams(_gradOutput: Out, _cache: Cache): Grads {
    return {};
  }

  /**
   * Carries a signal from the output back to the input, to show there what a unit responds to. By
   * default each rule is the gradient. A box for which a rule says otherwise overrides this method:
   * for the deconvnet, ReLU rectifies the signal, and LocalResponseNorm returns it as it is.
   */
  project(signal: Out, cache: Cache, _rule: ProjectionRule): In {
    return this.backpropToInput(signal, cache);
  }

  /**
   * Computes both gradients. A box overrides this only if their computations share work. A
   * container visits its boxes once, in reverse order, and disposes each cache after use, so a
   * container's cache can be used for only one `backprop`. It passes the gradients of each box to
   * `onGrads` as soon as they are computed.
   */
  backprop(gradOutput: Out, cache: Cache, _onGrads?: GradVisitor): Gradients<In> {
    return {
      gradInput: this.backpropToInput(gradOutput, cache),
      gradParams: this.backpropToParams(gradOutput, cache),
    };
  }

  /**
   * Computes only the parameter gradients and disposes the cache: the backward pass of a training
   * step. The gradient of the network's own input is not needed, so a container does not compute
   * it.
   *
   * @param onGrads receives the gradients of each box inside as soon as they are computed.
   */
  backpropParams(gradOutput: Out, cache: Cache, _onGrads?: GradVisitor): Grads {
    const gradParams = this.backpropToParams(gradOutput, cache);
    disposeTensors(cache);
    return gradParams;
  }

  /**
   * Updates the buffers from one batch. The training loop calls it after `forward`; nothing else
   * changes buffers.
   */
  updateBuffers(_cache: Cache): void {}

  /**
   * The boxes of a container with their names, in the order in which they run. For any other box,
   * the list is empty.
   */
  children(): readonly NamedModule[] {
    return [];
  }

  /**
   * Returns the context in which a box of this network runs if the network gets `context`. Only a
   * network from `freeze` returns another one, for its frozen boxes.
   */
  contextOf(_box: AnyModule, context: Context): Context {
    return context;
  }

  /**
   * States the output shape, the window and the multiply-adds for inputs of these shapes (the batch
   * included; one shape per input). Facts that a box does not state are unknown.
   *
   * Errors: those of `forward` for an input of such a shape.
   */
  facts(_inputShapes: readonly Shape[]): Facts {
    return {};
  }

  /**
   * Returns the channel map of a box that, in inference, only multiplies each channel (the last
   * axis) by a number and adds another number. Returns undefined for any other box. The caller owns
   * the tensors.
   */
  channelMap(): ChannelMap | undefined {
    return undefined;
  }

  /**
   * Returns a new box of the same kind that computes scale · F(x) + shift for each channel of its
   * output, where F is this box. Returns undefined if there is no such box. The parameters of the
   * new box are new tensors.
   */
  withChannelMap(_map: ChannelMap): Module<In, Out> | undefined {
    return undefined;
  }

  /**
   * Returns a new box with the options of this box, for inputs of another shape (the batch
   * included), with new initial parameters. Returns undefined if the box does not know how. The
   * ablation of layers uses it for the box behind a gap.
   *
   * Errors: those of the constructor, such as channels that the groups do not divide.
   */
  forInput(_inputShape: Shape, _rng: Rng): Module<In, Out> | undefined {
    return undefined;
  }

  /** Describes the box in the words of the slides: `96 11x11 filters at stride 4, pad 0`. */
  describe(): string {
    return nameOf(this);
  }

  /**
   * Passes values, such as shapes or the names of an ONNX graph, through the box in place of
   * tensors. A box that is not a container calls `visit` for itself, and a container passes the
   * values along its route. `propagate` calls this method.
   *
   * @param path the path of this box in the network, such as `stage1.0.residual.body.conv1`.
   */
  traverse<V>(inputs: CarriedValues<V>, traversal: Traversal<V>, path: string): CarriedValues<V> {
    const values = [inputs].flat().map(({ value }) => value);
    const value = traversal.visit(this, values, path);
    traversal.leave?.([value], path);
    return { value };
  }

  /** Disposes the parameters and buffers of the box. */
  dispose(): void {
    disposeTensors([this.params, this.buffers]);
  }

  /** Formats the box and the boxes inside it, one per line, with their settings and shapes. */
  toString(): string {
    return printModule(this);
  }

  /** Makes `console.log(network)` of Node print the chain. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
