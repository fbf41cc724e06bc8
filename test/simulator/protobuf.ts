/** The two messages of BuildKit's progress that a simulated build sends, as protobuf (moby/buildkit, control.proto). */
export interface TraceStep {
  readonly name: string;
  readonly output: string;
  readonly error?: string;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** A `StatusResponse`, base64: the step started (or failed), and what it wrote. */
export function traceOf({ name, output, error }: TraceStep): string {
  const started = [field(3, name), field(5, Buffer.alloc(0))];
  const vertexes = [field(1, Buffer.concat(started))];
  if (error !== undefined)
    vertexes.push(field(1, Buffer.concat([...started, field(6, ''), field(7, error)])));
  const logs = output === '' ? [] : [field(3, field(4, output))];
  return Buffer.concat([...vertexes.slice(0, 1), ...logs, ...vertexes.slice(1)]).toString('base64');
}
