import type { Channel, Client } from 'ssh2';
import { connectionLost } from './socket-channel.js';

/** sshd bounds sessions (MaxSessions), but not forwarded sockets; so they are counted apart. */
export type ChannelKind = 'session' | 'socket';

export type OpenChannel = (
  client: Client,
  opened: (error: Error | undefined, channel: Channel) => void,
) => void;

/** One connection, and how many channels of each kind are open on it or being opened. */
export class KeptConnection {
  readonly reserved: Record<ChannelKind, number> = { session: 0, socket: 0 };
  closed = false;
  private readonly opening = new Set<(error: Error) => void>();
  private ending: NodeJS.Timeout | undefined;

  /** `onClosed` is told once, when the connection ends for whatever reason. */
  constructor(
    readonly client: Client,
    onClosed: () => void,
  ) {
    // One listener a channel is no leak.
    client.setMaxListeners(0);
    client.once('close', () => {
      this.closed = true;
      clearTimeout(this.ending);
      // ssh2 answers no pending channel request of a connection that was cut.
      for (const fail of this.opening) fail(connectionLost());
      this.opening.clear();
      onClosed();
    });
  }

  get idle(): boolean {
    return this.reserved.session + this.reserved.socket === 0;
  }

  /** Opens a channel on a slot reserved before. `onReleased` comes when the slot is free, also after a failure. */
  async open(kind: ChannelKind, open: OpenChannel, onReleased: () => void): Promise<Channel> {
    const release = () => {
      this.reserved[kind] -= 1;
      onReleased();
    };
    let channel: Channel;
    try {
      channel = await this.request(open);
    } catch (error) {
      release();
      throw error;
    }
    let freed = false;
    const free = () => {
      if (freed) return;
      freed = true;
      release();
    };
    channel.once('close', free);
    // A channel with unread data never emits its close when the connection is cut.
    this.client.once('close', free);
    channel.once('close', () => this.client.off('close', free));
    return channel;
  }

  end(): void {
    this.client.end();
  }

  /** Ends it once no channel was on it for so long, from this call on, and tells before. A later call begins anew. */
  endWhenIdleFor(idleMs: number, onEnd: () => void): void {
    clearTimeout(this.ending);
    this.ending = setTimeout(() => {
      if (!this.idle || this.closed) return;
      onEnd();
      this.end();
    }, idleMs);
    this.ending.unref();
  }

  cut(): void {
    this.client.destroy();
  }

  private request(open: OpenChannel): Promise<Channel> {
    return new Promise<Channel>((resolve, reject) => {
      if (this.closed) return reject(connectionLost());
      this.opening.add(reject);
      try {
        open(this.client, (error, channel) => {
          this.opening.delete(reject);
          if (error) reject(error);
          else resolve(channel);
        });
      } catch (error) {
        this.opening.delete(reject);
        reject(connectionLost(error));
      }
    });
  }
}
