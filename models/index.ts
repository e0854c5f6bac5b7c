export * from './lenet.ts';
