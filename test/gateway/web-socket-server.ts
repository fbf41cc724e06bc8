import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Answers a WebSocket's handshake, and each of its frames with the same frame: also its pings and its end. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}${MAGIC}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let received = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => {
    received = Buffer.concat([received, part]);
    for (let read = frameIn(received); read !== undefined; read = frameIn(received)) {
      received = received.subarray(read.length);
      socket.write(read.echo);
      if (read.isEnd) socket.end();
    }
  });
}

/** The first whole frame: what it is without its mask (RFC 6455, 5.2). */
function frameIn(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const maskAt = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
  if (bytes.length < maskAt + 4) return undefined;
  const size =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const length = maskAt + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = bytes.subarray(maskAt + 4, length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  const head = Buffer.from(bytes.subarray(0, maskAt));
  head[1] = short;
  return { echo: Buffer.concat([head, payload]), length, isEnd: (first & 0x0f) === 8 };
}
