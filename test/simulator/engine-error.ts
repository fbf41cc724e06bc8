/** An answer other than success: its HTTP status, and the sentence that the engine would say. */
export class EngineAnswer extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What the real engine may well know and this one does not: loud, so that no test passes on a guess. */
export function notSimulated(what: string): EngineAnswer {
  return new EngineAnswer(501, `The simulated engine does not know ${what}`);
}
