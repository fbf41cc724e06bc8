/** A connection tried on several addresses fails with an AggregateError that says nothing itself. */
export function said(cause: unknown): string {
  const parts = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join('; ');
}
