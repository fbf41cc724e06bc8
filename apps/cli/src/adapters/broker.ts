import { randomUUID } from 'node:crypto';
import { createKafka, Producer, tail } from '#libs/kafka';
import { deploymentRequested, type DeploymentRequest } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { orFail } from '../errors.js';
import { kafkaSettings } from '../settings.js';

export interface TailedMessage {
  readonly topic: string;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** The command's side of Kafka: publish one request, read along on topics. */
export interface Broker {
  publish(request: DeploymentRequest): Promise<void>;
  /** Resolves once every message published from now on will be seen. */
  follow(
    topics: readonly string[],
    onMessage: (message: TailedMessage) => void,
  ): Promise<{ stop(): Promise<void> }>;
}

const HINT = 'Check that the broker of KAFKA_BROKERS answers and that its topics exist.';

export function openBroker(): Broker {
  const { KAFKA_BROKERS } = kafkaSettings();
  // Standard output belongs to the command; what the client says is written only when it is fatal.
  const logger = createLogger({ app: 'cli', replica: 'cli', level: 'silent' });
  const kafka = createKafka({ brokers: KAFKA_BROKERS, clientId: `slipway-cli-${randomUUID()}`, logger });
  return {
    publish: (request) =>
      orFail('KAFKA_UNREACHABLE', { hint: HINT }, async () => {
        const producer = new Producer(kafka);
        try {
          await producer.publish([
            {
              topic: deploymentRequested.topic,
              type: deploymentRequested.type,
              key: deploymentRequested.key(request),
              id: request.token,
              source: 'slipway/cli',
              data: request,
            },
          ]);
        } finally {
          await producer.stop();
        }
      }),
    follow: (topics, onMessage) =>
      orFail('KAFKA_UNREACHABLE', { hint: HINT }, () =>
        tail(kafka, { topics: [...topics], from: 'end', onMessage }),
      ),
  };
}
