/** Why requests are refused with 503, by HAProxy itself. */
export interface Unavailable {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterS: number;
}

/** Until somebody wants it to run again, which no client can wait for. */
export const STOPPED: Unavailable = {
  code: 'NO_INSTANCE',
  message: 'This service has no instance that runs.',
  hint: 'It was stopped, or it is not deployed yet.',
  retryAfterS: 60,
};

/** Of a gateway that has started while nobody could say what runs, and that never knew. */
export const UNKNOWN: Unavailable = {
  code: 'NOT_KNOWN_YET',
  message: 'This gateway does not know yet what runs.',
  hint: 'It has just started, and who tells it is away.',
  retryAfterS: 5,
};
