type Field = readonly [number: number, value: Buffer | number];

/**
 * BuildKit's progress as lines. Its messages are protobuf `StatusResponse`s of moby/buildkit api/services/control:
 * vertexes = 1 {digest = 1, name = 3, cached = 4, started = 5, completed = 6, error = 7}, logs = 3 {vertex = 1,
 * msg = 4}. Few fields are wanted, so they are read by hand.
 */
export class BuildTrace {
  /** By step: what it wrote of a line that has not ended; a program may write a line in pieces. */
  private readonly unfinished = new Map<string, string>();

  /** Of `aux` of a `moby.buildkit.trace` message, base64: steps as their names, output as its lines. */
  read(aux: string): readonly string[] {
    return [...fields(Buffer.from(aux, 'base64'))].flatMap(([number, value]) => {
      if (typeof value === 'number') return [];
      const message = new Map(fields(value));
      if (number === 1) return this.step(message);
      return number === 3 ? this.output(message) : [];
    });
  }

  /** What is left of lines that never ended. */
  rest(): readonly string[] {
    return [...this.unfinished.keys()].flatMap((digest) => this.restOf(digest));
  }

  private step(vertex: ReadonlyMap<number, Buffer | number>): readonly string[] {
    const name = textOf(vertex.get(3));
    const hasEnded = vertex.has(6) || vertex.has(7);
    const rest = hasEnded ? this.restOf(textOf(vertex.get(1))) : [];
    if (vertex.has(7)) return [...rest, `ERROR ${textOf(vertex.get(7))}`];
    if (vertex.get(4) === 1 && vertex.has(6)) return [...rest, `CACHED ${name}`];
    return vertex.has(5) && !vertex.has(6) ? [name] : rest;
  }

  private output(log: ReadonlyMap<number, Buffer | number>): readonly string[] {
    const digest = textOf(log.get(1));
    const lines = ((this.unfinished.get(digest) ?? '') + textOf(log.get(4))).split(/\r?\n/);
    this.unfinished.set(digest, lines.pop() ?? '');
    return lines.filter(isSaid);
  }

  private restOf(digest: string): readonly string[] {
    const rest = this.unfinished.get(digest) ?? '';
    this.unfinished.delete(digest);
    return [rest].filter(isSaid);
  }
}

const isSaid = (line: string): boolean => line.trim() !== '';

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
