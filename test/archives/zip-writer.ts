import { crc32, deflateRawSync } from 'node:zlib';

/** What a header says. Each field of each header can be another than the truth. */
export interface HeaderFields {
  readonly signature: number;
  readonly name: string | Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly extra: Buffer;
  /** Of the local header; only the central directory says them. */
  readonly offset: number;
  readonly disk: number;
  /** Unix mode in the upper half. */
  readonly attributes: number;
  readonly comment: Buffer;
}

export interface EntrySpec extends Partial<Omit<HeaderFields, 'signature'>> {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** What is written as the content, instead of the content packed. */
  readonly data?: Buffer;
  readonly mode?: number;
  readonly local?: Partial<HeaderFields>;
  readonly central?: Partial<HeaderFields>;
  /** Sizes behind the content; the local header leaves them open. */
  readonly descriptor?: 'plain' | 'signed' | 'wide' | 'wide signed' | Buffer;
  /** 64-bit sizes, in zip64 fields. */
  readonly wide?: boolean;
  /** Bytes behind the entry that belong to nothing. */
  readonly gap?: Buffer;
  /** In the directory only: it names the bytes of another entry. */
  readonly ghost?: boolean;
}

interface EndFields {
  readonly signature: number;
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entriesOnDisk: number;
  readonly entries: number;
  readonly directoryBytes: number;
  readonly directoryOffset: number;
  readonly commentBytes: number;
}

export interface ZipSpec {
  readonly prefix?: Buffer;
  readonly beforeDirectory?: Buffer;
  readonly afterDirectory?: Buffer;
  readonly end?: Partial<EndFields>;
  /** A zip64 end record and its locator, with what they say otherwise. */
  readonly zip64?: Partial<EndFields> & {
    readonly recordOffset?: number;
    readonly recordBytes?: number;
    readonly disks?: number;
    readonly locatorDisk?: number;
  };
  readonly comment?: Buffer;
  readonly suffix?: Buffer;
}

interface WrittenZip {
  readonly bytes: Buffer;
  /** Where each part of the format begins. */
  readonly boundaries: readonly { readonly what: string; readonly offset: number }[];
}

export const STORED = 0;
export const DEFLATED = 8;
export const DESCRIPTOR_FLAG = 0x0008;
export const UTF8_FLAG = 0x0800;
const SATURATED = 0xffffffff;

/** Little-endian numbers: [bytes, value] each. */
export function numbers(...fields: readonly (readonly [1 | 2 | 4 | 8, number])[]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      return bytes.subarray(0, size);
    }),
  );
}

export const extraField = (id: number, data: Buffer): Buffer =>
  Buffer.concat([numbers([2, id], [2, data.length]), data]);

interface Prepared {
  readonly spec: EntrySpec;
  readonly data: Buffer;
  readonly truth: HeaderFields;
}

function prepare(spec: EntrySpec): Prepared {
  const content = Buffer.from(spec.content ?? '');
  const method = spec.method ?? STORED;
  const data = spec.data ?? (method === DEFLATED ? deflateRawSync(content) : content);
  const ascii = typeof spec.name !== 'string' || /^[\x20-\x7e]*$/.test(spec.name);
  const truth: HeaderFields = {
    signature: 0,
    name: spec.name,
    flags: spec.flags ?? (ascii ? 0 : UTF8_FLAG) | (spec.descriptor === undefined ? 0 : DESCRIPTOR_FLAG),
    method,
    crc: spec.crc ?? crc32(content),
    packedBytes: spec.packedBytes ?? data.length,
    bytes: spec.bytes ?? content.length,
    extra: spec.extra ?? Buffer.alloc(0),
    offset: 0,
    disk: 0,
    attributes: spec.attributes ?? ((spec.mode ?? 0) << 16) >>> 0,
    comment: spec.comment ?? Buffer.alloc(0),
  };
  return { spec, data, truth };
}

function localFields({ spec, truth }: Prepared): HeaderFields {
  const open = spec.descriptor === undefined ? {} : { crc: 0, packedBytes: 0, bytes: 0 };
  const sizes = { ...truth, ...open };
  const wide = spec.wide
    ? {
        packedBytes: SATURATED,
        bytes: SATURATED,
        extra: Buffer.concat([sizes.extra, extraField(1, numbers([8, sizes.bytes], [8, sizes.packedBytes]))]),
      }
    : {};
  return { ...sizes, signature: 0x04034b50, ...wide, ...spec.local };
}

function centralFields({ spec, truth }: Prepared, offset: number): HeaderFields {
  const wide = spec.wide
    ? {
        packedBytes: SATURATED,
        bytes: SATURATED,
        offset: SATURATED,
        extra: extraField(1, numbers([8, truth.bytes], [8, truth.packedBytes], [8, offset])),
      }
    : { offset };
  return { ...truth, signature: 0x02014b50, ...wide, ...spec.central };
}

function localHeader(prepared: Prepared): Buffer {
  const { signature, flags, method, crc, packedBytes, bytes, name, extra } = localFields(prepared);
  const rawName = Buffer.from(name);
  return Buffer.concat([
    numbers([4, signature], [2, 20], [2, flags], [2, method], [4, 0], [4, crc], [4, packedBytes], [4, bytes]),
    numbers([2, rawName.length], [2, extra.length]),
    rawName,
    extra,
  ]);
}

function centralHeader(prepared: Prepared, at: number): Buffer {
  const fields = centralFields(prepared, at);
  const { signature, flags, method, crc, packedBytes, bytes, name, extra, comment } = fields;
  const rawName = Buffer.from(name);
  return Buffer.concat([
    numbers([4, signature], [2, 0x031e], [2, 20], [2, flags], [2, method], [4, 0], [4, crc]),
    numbers([4, packedBytes], [4, bytes], [2, rawName.length], [2, extra.length], [2, comment.length]),
    numbers([2, fields.disk], [2, 0], [4, fields.attributes], [4, fields.offset]),
    rawName,
    extra,
    comment,
  ]);
}

function descriptorOf({ spec: { descriptor }, truth: { crc, packedBytes, bytes } }: Prepared): Buffer {
  if (descriptor === undefined) return Buffer.alloc(0);
  if (typeof descriptor !== 'string') return descriptor;
  const size = descriptor.startsWith('wide') ? 8 : 4;
  const fields = numbers([4, crc], [size, packedBytes], [size, bytes]);
  return descriptor.endsWith('signed') ? Buffer.concat([numbers([4, 0x08074b50]), fields]) : fields;
}

class Writer {
  private readonly parts: Buffer[] = [];
  readonly boundaries: { what: string; offset: number }[] = [];
  offset = 0;

  write(what: string, bytes: Buffer | undefined): void {
    if (bytes === undefined || bytes.length === 0) return;
    this.boundaries.push({ what, offset: this.offset });
    this.parts.push(bytes);
    this.offset += bytes.length;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Writes exactly what the specs say, however wrong, and where each part of it begins. */
export function writeZip(entries: readonly EntrySpec[], spec: ZipSpec = {}): WrittenZip {
  const writer = new Writer();
  const prepared = entries.map(prepare);
  writer.write('prefix', spec.prefix);
  const offsets = prepared.map((entry, index) => {
    const { offset } = writer;
    if (entry.spec.ghost === true) return offset;
    writer.write(`header ${index}`, localHeader(entry));
    writer.write(`content ${index}`, entry.data);
    writer.write(`descriptor ${index}`, descriptorOf(entry));
    writer.write(`gap ${index}`, entry.spec.gap);
    return offset;
  });
  writer.write('gap before the directory', spec.beforeDirectory);
  const directoryOffset = writer.offset;
  prepared.forEach((entry, index) =>
    writer.write(`directory entry ${index}`, centralHeader(entry, offsets[index] ?? 0)),
  );
  const directoryBytes = writer.offset - directoryOffset;
  writer.write('gap behind the directory', spec.afterDirectory);
  writeEnd(writer, spec, { entries: entries.length, directoryOffset, directoryBytes });
  return { bytes: writer.bytes, boundaries: writer.boundaries };
}

type Truth = Pick<EndFields, 'entries' | 'directoryOffset' | 'directoryBytes'>;

function writeEnd(writer: Writer, spec: ZipSpec, truth: Truth): void {
  const comment = spec.comment ?? Buffer.alloc(0);
  const base = { disk: 0, directoryDisk: 0, entriesOnDisk: truth.entries, commentBytes: comment.length };
  const real: EndFields = { signature: 0x06054b50, ...base, ...truth };
  if (spec.zip64 !== undefined) writeWideEnd(writer, spec.zip64, real);
  const saturated = {
    entries: 0xffff,
    entriesOnDisk: 0xffff,
    directoryBytes: SATURATED,
    directoryOffset: SATURATED,
  };
  const end = { ...real, ...(spec.zip64 === undefined ? {} : saturated), ...spec.end };
  const counts = numbers([2, end.disk], [2, end.directoryDisk], [2, end.entriesOnDisk], [2, end.entries]);
  const place = numbers([4, end.directoryBytes], [4, end.directoryOffset], [2, end.commentBytes]);
  writer.write('end record', Buffer.concat([numbers([4, end.signature]), counts, place]));
  writer.write('comment', comment);
  writer.write('suffix', spec.suffix);
}

function writeWideEnd(writer: Writer, zip64: NonNullable<ZipSpec['zip64']>, real: EndFields): void {
  const { offset } = writer;
  const wide = { ...real, signature: 0x06064b50, ...zip64 };
  const head = numbers([4, wide.signature], [8, zip64.recordBytes ?? 44], [2, 45], [2, 45]);
  const disks = numbers([4, wide.disk], [4, wide.directoryDisk], [8, wide.entriesOnDisk], [8, wide.entries]);
  const place = numbers([8, wide.directoryBytes], [8, wide.directoryOffset]);
  writer.write('zip64 end record', Buffer.concat([head, disks, place]));
  const at = numbers([4, zip64.locatorDisk ?? 0], [8, zip64.recordOffset ?? offset], [4, zip64.disks ?? 1]);
  writer.write('zip64 locator', Buffer.concat([numbers([4, 0x07064b50]), at]));
}

export const zip = (entries: readonly EntrySpec[], spec?: ZipSpec): Buffer => writeZip(entries, spec).bytes;
