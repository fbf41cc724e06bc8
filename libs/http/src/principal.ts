import type { Role } from '#libs/contracts';

/** Who calls: the name of a token, never its value. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}
