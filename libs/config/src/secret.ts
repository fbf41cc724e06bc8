import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** A value that no log, error or JSON shows. Only `reveal()` gives it. */
export class Secret {
  readonly #value: string;

  constructor(
    value: string,
    /** The variable that it came from, where it is part of a configuration: errors name it. */
    readonly variable?: string,
  ) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
