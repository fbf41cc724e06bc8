import type { MessageData, MessageDefinition } from '#libs/contracts';
import { TRACEPARENT_HEADER } from '#libs/kafka';
import type { OutboxMessage } from '#libs/postgres';
import { currentTraceparent } from '#libs/telemetry';

/** A message of the catalogue as the outbox takes it; its own topic when none is said. It stays in the current trace. */
export function outgoing<D extends MessageDefinition>(
  definition: D,
  data: MessageData<D>,
  topic = definition.topic,
): OutboxMessage {
  const traceparent = currentTraceparent();
  const headers: Record<string, string> =
    traceparent === undefined ? {} : { [TRACEPARENT_HEADER]: traceparent };
  const { type, mayWait } = definition;
  return { topic, key: definition.key(data), type, data, headers, mayWait };
}
