import type { RawData, WebSocket } from 'ws';
import type { FeedCloseCode, FromLoadBalancer } from '#libs/contracts';
import { encoded } from '../domain/encoded.js';
import type { Line } from '../ports.js';

/** More than this is not given to a socket that does not take it: so much memory one gateway costs. */
const MOST_BUFFERED_BYTES = 256 * 1024;
const PING_MS = 4_000;
/** Three pings without an answer. */
const SILENT_MS = 12_000;
/** So long a gateway may take nothing of what waits for it. */
const STALLED_MS = 15_000;
/** Until the other side has closed, too. */
const CLOSING_MS = 2_000;
/** RFC 6455 leaves 123 bytes for the reason; a character that is cut becomes one of three bytes. */
const REASON_BYTES = 120;

interface LineHandlers {
  readonly onText: (text: string) => void;
  readonly onRoom: () => void;
  /** Once, however it ends. */
  readonly onEnd: (code: number) => void;
}

/** One WebSocket: what waits in it is bounded, and a dead or stalled one is cut. */
export class WebSocketLine implements Line {
  private heardMs = performance.now();
  private pingedMs = performance.now();
  /** When what it was given was last taken. */
  private takenMs = performance.now();
  private isClosing = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly handlers: LineHandlers,
  ) {
    socket.on('message', (data, isBinary) => this.hear(data, isBinary));
    socket.on('pong', () => this.heard());
    socket.on('ping', () => this.heard());
    // Of frames that are none, and of a connection that was reset: `close` comes after it.
    socket.on('error', () => undefined);
    socket.once('close', (code) => handlers.onEnd(code));
  }

  get hasRoom(): boolean {
    const { socket } = this;
    return socket.readyState === socket.OPEN && socket.bufferedAmount < MOST_BUFFERED_BYTES;
  }

  send(message: FromLoadBalancer): void {
    if (this.socket.bufferedAmount === 0) this.takenMs = performance.now();
    this.socket.send(encoded(message), () => {
      this.takenMs = performance.now();
      if (this.hasRoom) this.handlers.onRoom();
    });
  }

  close(code: FeedCloseCode | 1000, reason: string): void {
    if (this.isClosing) return;
    this.isClosing = true;
    const { socket } = this;
    socket.close(code, Buffer.from(reason).subarray(0, REASON_BYTES).toString());
    const timer = setTimeout(() => socket.terminate(), CLOSING_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  /** To be called about once a second. */
  check(nowMs: number): void {
    const { socket } = this;
    if (this.isClosing) return;
    if (nowMs - this.heardMs > SILENT_MS) return socket.terminate();
    if (socket.bufferedAmount > 0 && nowMs - this.takenMs > STALLED_MS)
      return this.close(4429, 'nothing was taken for too long');
    if (nowMs - this.pingedMs < PING_MS) return;
    this.pingedMs = nowMs;
    socket.ping();
  }

  private hear(data: RawData, isBinary: boolean): void {
    this.heard();
    if (isBinary) this.close(4400, 'expected text');
    // Messages are whole buffers unless the socket is told otherwise.
    else this.handlers.onText((data as Buffer).toString());
  }

  private heard(): void {
    this.heardMs = performance.now();
  }
}
