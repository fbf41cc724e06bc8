/** One process of a part, which may be ended and started again on what it had: port, data, login. */
export interface Server {
  readonly name: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Starts it after one of these; resolves when it is ready. */
  start(): Promise<void>;
}

/** One running piece of the one-machine set-up: what it adds to the environment, and how it ends. */
export interface RunningPart {
  readonly env: Readonly<Record<string, string>>;
  /** None where it is the user's own. */
  readonly servers?: readonly Server[];
  stop(): Promise<void>;
}

/** What is the user's own is used as it is and never stopped. */
export const theirs: RunningPart = { env: {}, stop: () => Promise.resolve() };
