import type { LimitChange, LimitName, LimitsApplied, LimitsWanted } from '#libs/contracts';

/** The field of each limit in requests and answers. */
export const limitFields = {
  cpu: 'cpus',
  cpuset: 'cpuset',
  memory: 'memoryBytes',
  diskRead: 'diskReadBytesPerSecond',
  diskWrite: 'diskWriteBytesPerSecond',
  network: 'networkBytesPerSecond',
} as const satisfies Readonly<Record<LimitName, keyof LimitsWanted & keyof LimitsApplied>>;

export const limitNames = Object.keys(limitFields) as readonly LimitName[];

/** The limits that a change asks for; one that only reads asks for none. */
export const namesWanted = ({ limits }: Pick<LimitChange, 'limits'>): readonly LimitName[] =>
  limitNames.filter((name) => limits[limitFields[name]] !== undefined);
