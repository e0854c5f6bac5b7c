import { brief } from '../safetensors/safetensorsHeader.ts';
import { kindOf, Opaque, PickleDict, TorchView, type PickleValue } from './pickleValues.ts';

/** The weights that were found in a PyTorch file. */
export interface StateDict {
  /** The tensors by name. The names of nested dicts are joined by dots. */
  readonly tensors: ReadonlyMap<string, TorchView>;
  /**
   * One line that names the dict that was read and those that were left out. It is undefined if
   * there was only one dict.
   */
  readonly note: string | undefined;
}

/**
 * The keys under which programs save a network's weights, in the order in which they are tried. The
 * keys for averages of the weights over the training are tried last.
 */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'net', 'network', 'params', 'weights']; // prettier-ignore
const AVERAGES = ['state_dict_ema', 'model_ema', 'ema', 'params_ema', 'ema_state_dict'];

/** Matches the keys of other entries of a checkpoint that contain tensors but not weights. */
const NO_WEIGHTS = /optim|sched|scaler|rng|callbacks|loops/i;

/** The largest depth of nested dicts in which tensors are searched. */
const DEEPEST = 8;

/** The number of dicts that a note names. */
const FEW = 4;

/** With all enclosing dicts, names may be this many times as long in total as the pickle. */
const LONGER = 4;

/**
 * Finds the weights in the object that a PyTorch file contains. A dict of tensors is used as it is.
 * If the object is a checkpoint, the weights are the dict under a key that programs commonly use
 * for weights, such as `state_dict`. If there is no such key, they are the only dict with tensors,
 * or, if there are several, all of them, with their keys as prefixes. Anything that is not a tensor
 * is left out.
 *
 * Errors: a whole module (the message names its class); no tensors; a tensor of a kind that is not
 *          supported.
 * @param bytes the size of the pickle, which limits the total length of the names.
 * @param fail makes an error that names the file.
 */
export function findStateDict(
  root: PickleValue,
  bytes: number,
  fail: (problem: string) => Error,
): StateDict {
  const path: string[] = [];
  let [dict, left]: [PickleValue, string[]] = [root, []];
  for (let depth = 0; depth < DEEPEST && dict instanceof PickleDict; depth++) {
    const found = withTensors(dict);
    const key = wrapperOf(dict, found);
    if (key === undefined) break;
    left = left.concat(found.filter((other) => other !== key));
    path.push(key);
    dict = dict.get(key) ?? null;
  }
  const tensors = new Map<string, TorchView>();
  if (dict instanceof PickleDict) collect(dict, tensors, LONGER * bytes, fail);
  if (tensors.size === 0) throw fail(withoutTensors(root));
  return { tensors, note: path.length === 0 ? undefined : noteOf(path, left) };
}

/** Returns the keys of the dicts that contain weights. */
function withTensors(dict: PickleDict): string[] {
  // A dict may be in many others, and even in itself, so each is searched only once.
  const searched = new Map<PickleDict, boolean>();
  const has = (value: PickleValue, depth: number): boolean => {
    if (value instanceof TorchView) return true;
    if (!(value instanceof PickleDict) || depth > DEEPEST) return false;
    const known = searched.get(value);
    if (known !== undefined) return known;
    searched.set(value, false);
    const found = [...value.values()].some((inner) => has(inner, depth + 1));
    searched.set(value, found);
    return found;
  };
  return [...dict].flatMap(([key, value]) => {
    const mayHold = typeof key === 'string' && value instanceof PickleDict && !NO_WEIGHTS.test(key);
    return mayHold && has(value, 0) ? [key] : [];
  });
}

/** Returns the key of the dict to read, or undefined if the dict itself contains the weights. */
function wrapperOf(dict: PickleDict, found: readonly string[]): string | undefined {
  const known = [...WRAPPERS, ...AVERAGES].find((key) => found.includes(key));
  if (known !== undefined) return known;
  const isFlat = [...dict.values()].some((value) => value instanceof TorchView);
  return found.length === 1 && !isFlat ? found[0] : undefined;
}

/** Collects the tensors of a dict and of the dicts in it. A dict may contain itself. */
function collect(
  root: PickleDict,
  tensors: Map<string, TorchView>,
  budget: number,
  fail: (problem: string) => Error,
): void {
  let left = budget;
  const visit = (dict: PickleDict, prefix: string, depth: number) => {
    for (const [key, value] of dict) {
      const text = typeof key === 'object' ? kindOf(key) : String(key);
      const name = prefix + text;
      left -= 1 + name.length;
      if (left < 0 || depth > DEEPEST)
        throw fail('expected dicts of tensors, got dicts that repeat each other without end');
      if (value instanceof TorchView) {
        if (tensors.has(name)) throw fail(`expected each name once, got ${brief(name)} twice`);
        tensors.set(name, value);
      } else if (value instanceof PickleDict) {
        if (!NO_WEIGHTS.test(text)) visit(value, `${name}.`, depth + 1);
      } else if (value instanceof Opaque && /tensor/i.test(value.className)) {
        throw fail(`tensor ${brief(name)}: ${value.className} is not read: save it as float32`);
      }
    }
  };
  visit(root, '', 0);
}

/** Describes an object that contains no tensors, and what to save instead. */
function withoutTensors(root: PickleValue): string {
  const advice = "save the weights with torch.save(model.state_dict(), 'weights.pth')";
  return `expected tensors by name, got ${gotInstead(root)}: ${advice}`;
}

function gotInstead(root: PickleValue): string {
  if (root instanceof Opaque) return `a whole module, ${brief(root.className)}`;
  if (!(root instanceof PickleDict)) return kindOf(root);
  for (const key of [...WRAPPERS, ...AVERAGES]) {
    const value = root.get(key);
    if (value instanceof Opaque) return `under ${brief(key)} ${gotInstead(value)}`;
  }
  return 'a dict without any';
}

function noteOf(path: readonly string[], left: readonly string[]): string {
  const others = left.length === 0 ? '' : `, not ${left.slice(0, FEW).map(brief).join(', ')}`;
  const more = left.length > FEW ? ` and ${left.length - FEW} more` : '';
  return `the weights are those of ${path.map(brief).join(' > ')}${others}${more}`;
}
