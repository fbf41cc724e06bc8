import type { Candidate } from './place.js';

/** For tests: a node that is ready and empty, with ten ports. */
export const candidate = (name: string, changes: Partial<Candidate> = {}): Candidate => ({
  name,
  state: 'ready',
  total: { cpu: 2, memoryMiB: 2_000 },
  reserved: { cpu: 0, memoryMiB: 0 },
  sameService: 0,
  firstPort: 20_000,
  lastPort: 20_009,
  takenPorts: new Set(),
  ...changes,
});
