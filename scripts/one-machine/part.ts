/** One running piece of the one-machine set-up: what it adds to the environment, and how it ends. */
export interface RunningPart {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What is the user's own is used as it is and never stopped. */
export const theirs: RunningPart = { env: {}, stop: () => Promise.resolve() };
