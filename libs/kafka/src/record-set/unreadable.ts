/** Bytes that no reader of Kafka's formats can make sense of. */
export class UnreadableError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'UnreadableError';
  }
}
