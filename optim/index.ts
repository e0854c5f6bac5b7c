export * from './sgd.ts';
