import { createHash } from 'node:crypto';

export const FILE_MODE = 0o644;
export const EXECUTABLE_MODE = 0o755;
export const LINK_MODE = 0o120777;
export const DIRECTORY_MODE = 0o040755;

/** sha256 over a tree, by its files and empty folders in the order of their paths: path, mode, size, and then the content. */
export class SourceHash {
  private readonly hash = createHash('sha256');

  begin(path: string, mode: number, bytes: number): void {
    this.hash.update(JSON.stringify([path, mode, bytes]));
  }

  add(content: Buffer): void {
    this.hash.update(content);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}
