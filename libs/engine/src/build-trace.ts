/**
 * Reads BuildKit's progress messages. They are protobuf `StatusResponse`s of moby/buildkit api/services/control:
 * vertexes = 1 {name = 3, cached = 4, started = 5, completed = 6, error = 7}, logs = 3 {msg = 4}. Four fields
 * are wanted, so they are read by hand.
 */
interface TraceLines {
  readonly lines: readonly string[];
  readonly error?: string;
}

type Field = readonly [number: number, value: Buffer | number];

/** `aux` of a `moby.buildkit.trace` message, base64. Steps as their names, output as its lines. */
export function readTrace(aux: string): TraceLines {
  const lines: string[] = [];
  let error: string | undefined;
  for (const [number, value] of fields(Buffer.from(aux, 'base64'))) {
    if (typeof value === 'number') continue;
    if (number === 1) {
      const vertex = new Map(fields(value));
      const name = textOf(vertex.get(3));
      if (vertex.has(7)) lines.push(`ERROR ${(error = textOf(vertex.get(7)))}`);
      else if (vertex.get(4) === 1 && vertex.has(6)) lines.push(`CACHED ${name}`);
      else if (vertex.has(5) && !vertex.has(6)) lines.push(name);
    } else if (number === 3) {
      const message = textOf(new Map(fields(value)).get(4));
      lines.push(...message.split(/\r?\n/).filter((line) => line.trim() !== ''));
    }
  }
  return { lines, error };
}

function textOf(value: Buffer | number | undefined): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

/** The fields of one protobuf message. Of a damaged one, those before the damage. */
function* fields(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield [number, varint()];
        break;
      case 2: {
        const length = varint();
        yield [number, message.subarray(at, at + length)];
        at += length;
        break;
      }
      case 1:
        at += 8;
        break;
      case 5:
        at += 4;
        break;
      default:
        return;
    }
  }
}
