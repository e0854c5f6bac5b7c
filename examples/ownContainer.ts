import { tensor2d, type Tensor } from '@tensorflow/tfjs-core';
import {
  Container,
  Linear,
  ReLU,
  Rng,
  Sequential,
  useBackend,
  type Back,
  type Module,
  type NamedModule,
  type Run,
} from 'boxprop';
import { gradcheck } from 'boxprop/gradcheck';
import { summarize } from 'boxprop/inspect';

/** x_out = F(F(x_in, w), w). ∂C/∂w is a sum of two terms, because F is used twice. */
class Twice extends Container {
  readonly body: NamedModule<Tensor, Tensor>;

  constructor(body: Module) {
    super({ body });
    this.body = ['body', body];
  }

  protected route<V>(input: V, run: Run<V>): V {
    return run(this.body, run(this.body, input));
  }

  protected backRoute(gradOutput: Tensor, back: Back) {
    return back.toInput(this.body, back.through(this.body, gradOutput));
  }
}

await useBackend();
const network = new Twice(new Sequential([new Linear(3, 3, { rng: new Rng(0) }), new ReLU()]));
console.log(String(network));
console.log((await gradcheck(network, { input: [2, 3] })).pass ? 'every gradient agrees' : 'wrong');
console.log(`${summarize(network, [3]).total.multiplyAdds} multiply-adds`);
const input = tensor2d([[1, -2, 3]]);
console.log(Array.from((await network.predict(input)).values));
input.dispose();
