import type { z } from 'zod';

/** One message of the traffic feed: a text frame of the WebSocket, whose member `type` names it. */
export interface FeedMessageDefinition<S extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly from: 'gateway' | 'load balancer';
  readonly summary: string;
  readonly schema: S;
  /** A whole, valid body; the golden file of this version of the protocol holds the same. */
  readonly example: z.input<S>;
}

export type FeedMessageData<D extends FeedMessageDefinition> = D['schema']['_output'];

export const defineFeedMessage = <S extends z.ZodType>(
  definition: FeedMessageDefinition<S>,
): FeedMessageDefinition<S> => definition;
