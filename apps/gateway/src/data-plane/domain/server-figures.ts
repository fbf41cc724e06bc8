/** What HAProxy counts of one server, since its worker started. */
export interface ServerCounters {
  /** Requests that were sent there. */
  readonly requests: number;
  /** Heads of answers of any status, without those that were tried again elsewhere. */
  readonly answers: number;
  /** Of these, those with a status of 500 or more. */
  readonly failedAnswers: number;
  /** Requests without an answer that counts: tried again elsewhere, or the connection or the answer broke off. */
  readonly lost: number;
  /** Clients that left before the end. */
  readonly aborts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** One server, at one moment. */
export interface ServerFigures {
  /** The name of the instance. */
  readonly name: string;
  /** Another worker, or another place, counts from its own beginning. */
  readonly source: string;
  readonly counters: ServerCounters;
  readonly inFlight: number;
  readonly queued: number;
  /** HAProxy can connect to it, as far as it knows. */
  readonly isUp: boolean;
  /** The mean of HAProxy's last 512 answers or so, until their heads; undefined where none came. */
  readonly responseMs?: number;
}
