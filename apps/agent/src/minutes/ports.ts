import type { NodeMinute } from './domain/minute.js';

export interface Minutes {
  /** Stores those whose lease is still of the same fence, in one statement. A minute that is there stays as it is. */
  store(minutes: readonly NodeMinute[]): Promise<void>;
}

export interface MinuteParts {
  readonly minutes: Minutes;
  now(): Date;
  onError(error: unknown): void;
}
