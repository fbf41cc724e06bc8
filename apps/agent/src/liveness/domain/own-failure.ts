/** This process or its machine has no more of something: open files, ports of its own, memory. */
const OWN: ReadonlySet<unknown> = new Set([
  ...['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EAGAIN', 'ENOBUFS', 'ENOMEM'],
]);

/** Whether the one who asks could not do so: that says nothing of whoever was to be asked. */
export function isOwnFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && OWN.has(error.code)) || isOwnFailure(error.cause);
}
