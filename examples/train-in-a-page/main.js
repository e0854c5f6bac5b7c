import { useBackend } from 'boxprop';
import { trainInWorker } from 'boxprop/train';
import { buildNetwork } from './network.js';

const output = document.querySelector('output');
const abort = new AbortController();
document.querySelector('button').addEventListener('click', () => abort.abort());

await useBackend('wasm');
const network = buildNetwork();
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const { ended } = await trainInWorker(worker, {
  network,
  settings: { epochs: 60 },
  signal: abort.signal,
  onEpoch({ epoch, train }) {
    output.textContent = `epoch ${epoch}: loss ${train.loss.toFixed(3)}`;
  },
});
worker.terminate();
const { values } = await network.predict([[0.6, 0]]);
output.textContent = `${ended}: (0.6, 0) ${values[1] > values[0] ? 'is' : 'is not'} in the ring`;
