import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { crc32, deflateRawSync } from 'node:zlib';
import { DEFLATED, numbers, STORED } from './zip-writer.js';

const MIB = 1024 * 1024;
const BLOCK = randomBytes(MIB);
const PACKED_BLOCK = deflateRawSync(BLOCK.toString('hex'), { level: 1 });

interface Written {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

const sizes = ({ crc, packedBytes, bytes }: Written): Buffer =>
  numbers([4, crc], [4, packedBytes], [4, bytes]);
const local = (entry: Written): Buffer =>
  Buffer.concat([
    numbers([4, 0x04034b50], [2, 20], [2, 0], [2, entry.method], [4, 0]),
    sizes(entry),
    numbers([2, entry.name.length], [2, 0]),
    Buffer.from(entry.name),
  ]);
const central = (entry: Written): Buffer =>
  Buffer.concat([
    numbers([4, 0x02014b50], [2, 20], [2, 20], [2, 0], [2, entry.method], [4, 0]),
    sizes(entry),
    numbers([2, entry.name.length], [8, 0], [4, 0], [4, entry.offset]),
    Buffer.from(entry.name),
  ]);

/**
 * Streams a zip of at least `mebibytes` to a file, a block at a time: large files stored, packed ones between them, and
 * thousands of small ones. Gives back how many files it holds.
 */
export async function writeLargeZip(path: string, mebibytes: number): Promise<number> {
  const out = createWriteStream(path);
  const entries: Written[] = [];
  let offset = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    offset += bytes.length;
    if (!out.write(bytes)) await once(out, 'drain');
  };
  const add = async (
    name: string,
    method: number,
    content: Buffer,
    packed: Buffer,
    repeat = 1,
  ): Promise<void> => {
    let crc = 0;
    for (let n = 0; n < repeat; n += 1) crc = crc32(content, crc);
    const entry = {
      name,
      method,
      crc,
      packedBytes: packed.length * repeat,
      bytes: content.length * repeat,
      offset,
    };
    entries.push(entry);
    await write(local(entry));
    for (let n = 0; n < repeat; n += 1) await write(packed);
  };
  const text = Buffer.from(BLOCK.toString('hex'));
  for (let n = 0; offset < mebibytes * MIB; n += 1) {
    await add(`stored/${n}.bin`, STORED, BLOCK, BLOCK, 32);
    for (let m = 0; m < 8; m += 1) await add(`packed/${n}-${m}.txt`, DEFLATED, text, PACKED_BLOCK);
    for (let m = 0; m < 200; m += 1)
      await add(`small/${n}/${m}.txt`, STORED, text.subarray(0, m), text.subarray(0, m));
  }
  const directory = Buffer.concat(entries.map(central));
  const end = numbers(
    [4, 0x06054b50],
    [4, 0],
    [2, entries.length],
    [2, entries.length],
    [4, directory.length],
    [4, offset],
    [2, 0],
  );
  await write(directory);
  await write(end);
  out.end();
  await finished(out);
  return entries.length;
}
