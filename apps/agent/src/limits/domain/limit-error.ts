/** `unreachable`: no answer, so it may be done or not. `unsupported`: the engine cannot. `refused`: it will not. */
export type LimitFailure = 'unreachable' | 'gone' | 'unsupported' | 'refused';

/** Why something could not be done on a node. */
export class LimitError extends Error {
  constructor(
    readonly failure: LimitFailure,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'LimitError';
  }
}
