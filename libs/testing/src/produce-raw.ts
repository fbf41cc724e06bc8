import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.js';

/** The first that knows zstd. */
const PRODUCE_VERSION = 7;
const TIMEOUT_MS = 10_000;
/** UNKNOWN_TOPIC_OR_PARTITION and NOT_LEADER_OR_FOLLOWER. */
const NO_LEADER_YET: ReadonlySet<number> = new Set([3, 6]);
/** Of an error that says of a request that it was taken. */
const NONE = 0;

export interface RawProduced {
  /** Kafka's number: 0 when the broker took it, 2 for a corrupt message, 87 for an invalid record. */
  readonly error: number;
  readonly baseOffset: bigint;
}

export const wasTaken = ({ error }: RawProduced): boolean => error === NONE;

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
const string = (text: string): Buffer => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);

function request(topic: string, partition: number, batch: Buffer): Buffer {
  const header = [int16(0), int16(PRODUCE_VERSION), int32(1), string('raw')];
  const noTransaction = int16(-1);
  const acknowledgedByAll = int16(-1);
  const body = [noTransaction, acknowledgedByAll, int32(TIMEOUT_MS)];
  const records = [int32(1), string(topic), int32(1), int32(partition), int32(batch.length), batch];
  const bytes = Buffer.concat([...header, ...body, ...records]);
  return Buffer.concat([int32(bytes.length), bytes]);
}

/**
 * Sends a record batch as it is, in a Produce request of its own, to the broker that leads the partition. A topic that
 * was just made has no leader for a moment: that is waited for.
 */
export async function produceRaw(
  broker: string,
  to: { readonly topic: string; readonly partition: number },
  batch: Buffer,
): Promise<RawProduced> {
  return until('a leader of the partition', async () => {
    const produced = await produceOnce(broker, to, batch);
    return NO_LEADER_YET.has(produced.error) ? undefined : produced;
  });
}

async function produceOnce(
  broker: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  batch: Buffer,
): Promise<RawProduced> {
  const [host = '', port = ''] = broker.split(':');
  const socket = connect(Number(port), host);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the broker did not answer')));
  try {
    await once(socket, 'connect');
    socket.write(request(topic, partition, batch));
    const response = await readResponse(socket);
    // Behind the correlation, one topic by its name, one partition by its number.
    const at = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4;
    return { error: response.readInt16BE(at), baseOffset: response.readBigInt64BE(at + 2) };
  } finally {
    socket.destroy();
  }
}

async function readResponse(socket: Socket): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const part of socket) {
    bytes = Buffer.concat([bytes, part as Buffer]);
    if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE()) return bytes.subarray(4);
  }
  throw new Error('the broker ended the connection');
}
