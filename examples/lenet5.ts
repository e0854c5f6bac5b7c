import { lenet5, type NetworkOptions } from 'boxprop/models';

// LeNet-5 as it is mostly built today: full connections to C3, poolings without parameters and a linear output.
export const network = (options: NetworkOptions) => lenet5({ ...options, form: 'common' });
