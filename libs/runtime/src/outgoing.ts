import type { MessageData, MessageDefinition } from '#libs/contracts';
import type { OutboxMessage } from '#libs/postgres';

/** A message of the catalogue as the outbox takes it; its own topic when none is said. */
export function outgoing<D extends MessageDefinition>(
  definition: D,
  data: MessageData<D>,
  topic = definition.topic,
): OutboxMessage {
  return { topic, key: definition.key(data), type: definition.type, data };
}
