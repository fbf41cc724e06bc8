import type { z } from 'zod';

/** One message of the platform: what it is called, where it travels, what it looks like. */
export interface MessageDefinition<S extends z.ZodType = z.ZodType> {
  /** CloudEvents `type`, version included: `slipway.<noun>.<past-tense>.v<n>`. */
  readonly type: string;
  readonly topic: string;
  readonly summary: string;
  /**
   * It tells of something and nobody waits for it: it leaves a moment later than others, with more of its kind. The
   * same for all messages of a topic.
   */
  readonly mayWait?: true;
  readonly schema: S;
  /** Kafka key; messages of one key keep their order. */
  key(data: z.output<S>): string;
  /** A whole, valid body; the golden file of this version holds the same. */
  readonly example: z.input<S>;
}

export type MessageData<D extends MessageDefinition> = z.output<D['schema']>;

export function defineMessage<S extends z.ZodType>(definition: MessageDefinition<S>): MessageDefinition<S> {
  return definition;
}
