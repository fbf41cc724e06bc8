import http from 'node:http';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';

const LIMITED: http.AgentOptions = {
  keepAlive: true,
  /** Requests at once to one engine; more wait in the agent for a channel to come free. */
  maxSockets: 32,
  /** Kept open unused: reuse saves the half millisecond of opening one. */
  maxFreeSockets: 4,
};
/** A channel for each request, as many as there are. */
export const UNLIMITED: http.AgentOptions = { keepAlive: false };

/**
 * An agent that prints as one word. docker-modem prints the options of every call, in full depth and for nobody: with
 * all sockets of its agent in them, each call costs milliseconds, and more the more run at once.
 */
export class QuietAgent extends http.Agent {
  [inspect.custom](): string {
    return 'Agent';
  }
}

/** An agent whose "connections" are streams that `open` gives: dockerode needs to know no more of SSH. */
export class ChannelAgent extends QuietAgent {
  constructor(
    private readonly open: () => Promise<Duplex>,
    options = LIMITED,
  ) {
    super(options);
  }

  override createConnection(
    _options: http.ClientRequestArgs,
    created?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.open().then(
      (stream) => created?.(null, stream),
      (error: Error) => created?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}
