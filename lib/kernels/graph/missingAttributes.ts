import type { Call } from './operation.ts';
import type { Attribute, AttributeKinds } from './tfjsNode.ts';

/**
 * The attributes of an operation that hold a dtype, each with the index of an input of that dtype.
 * Operations that are not listed have one such attribute, `T`, with the dtype of input 0.
 */
const DTYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Conv2DBackpropInput: { T: 1 },
  DepthwiseConv2dNativeBackpropInput: { T: 1 },
  FusedBatchNormV3: { T: 0, U: 1 },
  FusedBatchNormGradV3: { T: 0, U: 3 },
};

/**
 * Returns the dtypes that a call does not state. TensorFlow infers them for an eager operation, but
 * a graph must state them.
 */
export function missingAttributes(
  { name, attributes, inputs }: Call,
  { TF_ATTR_TYPE }: AttributeKinds,
): Attribute[] {
  if (!Object.hasOwn(DTYPES, name) && attributes.some(({ type }) => type === TF_ATTR_TYPE))
    return [];
  const wanted = Object.hasOwn(DTYPES, name) ? DTYPES[name] : { T: 0 };
  return Object.entries(wanted)
    .filter(([key]) => !attributes.some((given) => given.name === key))
    .map(([key, input]) => ({ name: key, type: TF_ATTR_TYPE, value: inputs[input].dtype }));
}
