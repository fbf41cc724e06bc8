import { type Candidate, NOTHING_RESERVED, type Reserved } from './place.js';

/** For tests: a node of 2 cores and 2,000 MiB with three ports, and what is reserved on it. */
export const candidate = (
  name: string,
  { reserved, ...changes }: Partial<Omit<Candidate, 'reserved'>> & { reserved?: Partial<Reserved> } = {},
): Candidate => ({
  ...{ name, state: 'ready', firstPort: 20_000, lastPort: 20_002, takenPorts: new Set() },
  total: { cpu: 2, memoryMiB: 2_000 },
  reserved: { ...NOTHING_RESERVED, ...reserved },
  ...changes,
});
