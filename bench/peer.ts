/** The milliseconds of each step that a peer took in one round. */
export interface Times {
  readonly step: readonly number[];
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  readonly update: readonly number[];
}

/** A system that trains the same network on the same batch, warmed up, and timed a round at a time. */
export interface Peer {
  readonly system: string;
  readonly backend: string;
  round(steps: number): Promise<Times>;
  close(): void;
}
