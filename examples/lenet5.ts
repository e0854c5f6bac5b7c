import { lenet5, type NetworkOptions } from 'boxprop';

// LeNet-5 as it is mostly built today: full connections to C3, ReLU, max pooling and a linear output.
export const network = (options: NetworkOptions) => lenet5({ ...options, form: 'common' });
