// The format of https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON has no end of line in it.

/** When a client connects again after the answer ended. */
const RETRY_MS = 1_000;

export const FIRST_LINES = `retry: ${RETRY_MS}\n\n`;

export const eventText = (event: string, id: number, data: object): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** No event comes of it: a line that keeps the connection, and the id up to which there was nothing to say. */
export const heartbeatText = (id: number | undefined): string =>
  id === undefined ? ':\n\n' : `:\nid: ${id}\n\n`;
