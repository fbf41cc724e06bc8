import type { LimitChange, LimitName, LimitsWanted } from '#libs/contracts';

const FIELDS: Readonly<Record<LimitName, keyof LimitsWanted>> = {
  cpu: 'cpus',
  cpuset: 'cpuset',
  memory: 'memoryBytes',
  diskRead: 'diskReadBytesPerSecond',
  diskWrite: 'diskWriteBytesPerSecond',
  network: 'networkBytesPerSecond',
};

export const limitNames = Object.keys(FIELDS) as readonly LimitName[];

/** The limits that a change asks for; one that only reads asks for none. */
export const namesWanted = ({ limits }: Pick<LimitChange, 'limits'>): readonly LimitName[] =>
  limitNames.filter((name) => limits[FIELDS[name]] !== undefined);
