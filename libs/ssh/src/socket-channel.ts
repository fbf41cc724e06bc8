import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';
import { SshError } from './errors.js';

/**
 * A channel that an http.Agent can take for a socket. ssh2's own Channel closes without being `destroyed` and
 * without an error when the connection is cut, so an agent would keep it and hand it out again.
 */
export class SocketChannel extends Duplex {
  private ended = false;

  /** ssh2 ends a channel of a cut connection as if its peer had; only `isCut` tells the two apart. */
  constructor(
    private readonly channel: Channel,
    isCut: () => boolean,
  ) {
    // As a net.Socket: once the peer has ended, this side ends too and the channel is given back.
    super({ allowHalfOpen: false });
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => {
      if (isCut()) return void this.destroy(connectionLost());
      this.ended = true;
      this.push(null);
    });
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => this.channelClosed());
  }

  override _read(): void {
    this.channel.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.channel.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.channel.close();
    // The peer's close comes only once all it sent is read.
    this.channel.resume();
    done(error);
  }

  // What net.Socket has and http calls. A channel has none of it: the connection below has its own.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  private channelClosed(): void {
    if (this.destroyed) return;
    if (this.ended) {
      // What is buffered may still be read; then the stream ends by itself.
      if (this.readableEnded || this.readableLength === 0) this.destroy();
      else this.once('end', () => this.destroy());
      return;
    }
    this.destroy(connectionLost());
  }
}

export function connectionLost(cause?: unknown): SshError {
  return new SshError('SSH_CONNECTION_LOST', {
    message: 'The SSH connection was cut.',
    hint: 'Try again: the next use opens a new connection.',
    cause,
  });
}
