import { connect, type Socket } from 'node:net';
import { logLevel } from 'kafkajs';
import { PlatformKafka } from './kafka-client.js';

/** Kafka's numbers for kinds of requests. */
export const requestKinds = { joinGroup: 11 } as const;
/** Of a request: its length comes first, then its kind. */
const KIND_AT = 4;

/** A client whose connections a test can cut. */
interface BrokerLine {
  readonly kafka: PlatformKafka;
  /** The next request of this kind is lost with its connection. */
  loseNext(kind: number): void;
  /** From now on the broker is away, until `mend`. */
  cut(): void;
  mend(): void;
}

export function brokerLine(broker: string): BrokerLine {
  const sockets = new Set<Socket>();
  let lost: number | undefined;
  let away = false;
  const losing = (socket: Socket): Socket => {
    const write = socket.write.bind(socket);
    socket.write = (request: Uint8Array | string, ...rest: never[]) => {
      const kind = Buffer.from(request as Uint8Array).readInt16BE(KIND_AT);
      if (kind !== lost) return write(request, ...rest);
      lost = undefined;
      socket.destroy(new Error('the connection was lost'));
      return false;
    };
    return socket;
  };
  const kafka = new PlatformKafka({
    brokers: [broker],
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 3 },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = losing(connect({ host, port }, onConnect));
      sockets.add(socket.once('close', () => sockets.delete(socket)));
      if (away) socket.destroy(new Error('the broker is away'));
      return socket;
    },
  });
  return {
    kafka,
    loseNext: (kind) => void (lost = kind),
    cut() {
      away = true;
      for (const socket of sockets) socket.destroy(new Error('the connection was cut'));
    },
    mend: () => void (away = false),
  };
}
