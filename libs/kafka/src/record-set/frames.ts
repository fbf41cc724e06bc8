import { MOST_FRAMES } from './limits.js';
import { UnreadableError } from './unreadable.js';

/** What came out of one frame, and how many bytes that took. */
export interface Frame {
  readonly output: Buffer;
  readonly taken: number;
}

/** Reads the first frame of `rest`, at most `limit` bytes; undefined where what is left counts for nothing. */
type ReadFrame = (rest: Buffer, limit: number, isFirst: boolean) => Promise<Frame | undefined>;

/** What comes out of all frames in their order: at least one, at most `limit` bytes of all together. */
export async function readFrames(bytes: Buffer, limit: number, readFrame: ReadFrame): Promise<Buffer> {
  const outputs: Buffer[] = [];
  let rest = bytes;
  let left = limit;
  do {
    if (outputs.length === MOST_FRAMES)
      throw new UnreadableError(`there are more than ${MOST_FRAMES} frames`);
    const frame = await readFrame(rest, left, outputs.length === 0);
    if (frame === undefined) break;
    outputs.push(frame.output);
    rest = rest.subarray(frame.taken);
    left -= frame.output.length;
    if (left < 0) throw new UnreadableError(`more than ${limit} bytes come out`);
  } while (rest.length > 0);
  const [only] = outputs;
  return only !== undefined && outputs.length === 1 ? only : Buffer.concat(outputs);
}

/** What Node.js calls back with where it is asked for `info`; its types do not say so. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

type Decode = (
  bytes: Buffer,
  options: { readonly info: true; readonly maxOutputLength: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void;

/** One frame, by a function of Node.js that stops at the end of it. */
export function readOneFrame(decode: Decode, bytes: Buffer, limit: number): Promise<Frame> {
  return new Promise((resolve, reject) => {
    // Node.js takes no limit of 0; the caller counts what comes out.
    decode(bytes, { info: true, maxOutputLength: Math.max(1, limit) }, (error, result) => {
      if (error !== null) return reject(error);
      const { buffer, engine } = result as unknown as Inflated;
      resolve({ output: buffer, taken: engine.bytesWritten });
    });
  });
}
