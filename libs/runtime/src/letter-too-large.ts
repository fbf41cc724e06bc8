import { catalogue, deadLetterTopic } from '#libs/contracts';
import { type LogSink, type Producer, type RefusedMessage, TRACEPARENT_HEADER } from '#libs/kafka';

const REASON = 'the broker refuses it as too large';
const HINT =
  'Raise max.message.bytes of the topic, so that the next one is published; this one is lost to its readers. What a request came to is also answered by GET /v1/requests/TOKEN.';

/** What no broker takes, without its body: whoever waits for it can see what became of it. Each is logged. */
export async function letterTooLarge(
  { producer, logger }: { readonly producer: Pick<Producer, 'forward'>; readonly logger: LogSink },
  refused: readonly RefusedMessage[],
): Promise<void> {
  for (const { message, bytes } of refused) {
    const { topic, type, id, key, data } = message;
    await producer.forward(homeOf(type, topic), {
      ...{ key: Buffer.from(key), value: null },
      headers: {
        ...traceOf(message),
        ...{ ce_id: id, ce_type: type },
        'slipway-dead-letter-reason': REASON,
        'slipway-dead-letter-topic': topic,
        'slipway-dead-letter-bytes-left-out': String(bytes),
      },
    });
    const fields = { topic, type, id, key, bytes, token: tokenOf(data), hint: HINT };
    logger.error(
      fields,
      `a message was not published: ${REASON}; it went to the dead letters without its body`,
    );
  }
}

/** Of a reply topic that a request named there are no dead letters, but of its kind of message there are. */
const homeOf = (type: string, topic: string): string =>
  deadLetterTopic(catalogue.find((definition) => definition.type === type)?.topic ?? topic);

const traceOf = ({ traceparent }: RefusedMessage['message']): Record<string, string> =>
  traceparent === undefined ? {} : { [TRACEPARENT_HEADER]: traceparent };

const tokenOf = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'token' in data ? data.token : undefined;
