/** What a text begins with, where its editor marked how it is written. PowerShell 5 writes UTF-16 with `>`. */
export type ByteOrderMark = 'utf-8' | 'utf-16';

const MARKS: readonly (readonly [bytes: readonly number[], mark: ByteOrderMark, encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8', 'utf-8'],
  [[0xff, 0xfe], 'utf-16', 'utf-16le'],
  [[0xfe, 0xff], 'utf-16', 'utf-16be'],
];

const found = (bytes: Uint8Array) => MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte));

export const byteOrderMark = (bytes: Uint8Array): ByteOrderMark | undefined => found(bytes)?.[1];

/** The text of a file, without its mark. */
export const decoded = (bytes: Uint8Array): string => new TextDecoder(found(bytes)?.[2]).decode(bytes);
