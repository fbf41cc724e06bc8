/** A setting for Kafka is wrong; the message begins with the variable's name. */
export class KafkaSetupError extends Error {
  readonly code = 'KAFKA_ACCESS';
  /** kafkajs goes on trying when this is true. */
  readonly retriable: boolean;

  constructor(message: string, options: ErrorOptions & { readonly retriable?: boolean } = {}) {
    super(message, options);
    this.name = 'KafkaSetupError';
    this.retriable = options.retriable ?? false;
  }
}
