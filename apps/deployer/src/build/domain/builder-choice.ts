/** How busy one builder is. */
interface BuilderRoom {
  readonly name: string;
  /** Builds at once. */
  readonly limit: number;
  readonly busy: number;
}

/**
 * The builder with most room: most builds that it could begin now. Among equals the one that is preferred, then the
 * first in the list. Undefined where all are full.
 */
export function roomiest(builders: readonly BuilderRoom[], preferred?: string): string | undefined {
  const most = Math.max(0, ...builders.map(roomOf));
  if (most === 0) return undefined;
  const equals = builders.filter((builder) => roomOf(builder) === most);
  return (equals.find(({ name }) => name === preferred) ?? equals[0])?.name;
}

const roomOf = ({ limit, busy }: BuilderRoom): number => limit - busy;
