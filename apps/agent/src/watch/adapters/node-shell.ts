import type { Duplex } from 'node:stream';

/** A program that runs on a node: a stream to its input and from its output. */
export interface NodeShell {
  readonly stream: Duplex;
  /** The end of what it wrote to stderr. */
  said(): string;
}

/** Starts a program with its arguments on the node. */
export type OpenShell = (argv: readonly string[]) => Promise<NodeShell>;

const KEPT_CHARS = 2_000;

/** Keeps the end of what a program says. */
export function lastWords(): { hear(chunk: Buffer): void; said(): string } {
  let words = '';
  return {
    hear: (chunk) => (words = (words + chunk.toString('utf8')).slice(-KEPT_CHARS)),
    said: () => words.trim(),
  };
}
