/** Why the load balancer ends a connection of the feed: RFC 6455 leaves 4000 to 4999 to applications. */
export const feedCloseCodes = {
  4400: 'A message could not be understood, or came out of order.',
  4406: 'The gateway speaks another version of the protocol.',
  4408: 'No `hello` came in time.',
  4409: 'The lease has lapsed: drains went on without this gateway. It connects again at once, and gets another lease.',
  4410: 'The same gateway has connected again.',
  4429: 'The gateway took too little for too long.',
  1012: 'The replica of the load balancer ends.',
  1013: 'The registry or the database is away.',
} as const;

export type FeedCloseCode = keyof typeof feedCloseCodes;
