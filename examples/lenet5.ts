import { lenet5, type NetworkOptions } from 'boxprop/models';

// LeNet-5 in its common modern form: C3 sees all maps of S2, pools have no parameters, and the
// output layer is linear.
export const network = (options: NetworkOptions) => lenet5({ ...options, form: 'common' });
