import type { Call } from './operation.ts';
import type { Attribute, AttributeKinds } from './tfjsNode.ts';

/**
 * The attributes that hold dtypes, with the input whose dtype they hold, for the operations where
 * this is not `T` and the first input.
 */
const DTYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Conv2DBackpropInput: { T: 1 },
  DepthwiseConv2dNativeBackpropInput: { T: 1 },
  FusedBatchNormV3: { T: 0, U: 1 },
  FusedBatchNormGradV3: { T: 0, U: 3 },
};

/**
 * Returns the dtypes that a call leaves out. An eager operation takes them from its inputs; in a
 * graph they must be stated.
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
