import { statfs } from 'node:fs/promises';

/** Of the disk that holds the path, for users other than root. Undefined where there is no such path here. */
export async function freeBytesAt(path: string): Promise<number | undefined> {
  const disk = await statfs(path).catch(() => undefined);
  return disk && disk.bavail * disk.bsize;
}

const GB = 1e9;

/** `1.25 GB` */
export const inGigabytes = (bytes: number): string => `${(bytes / GB).toFixed(2)} GB (${bytes} bytes)`;
