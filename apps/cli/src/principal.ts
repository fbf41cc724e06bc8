import { hostname, userInfo } from 'node:os';

const LONGEST = 200;

/** Who types the command, such as `ada@laptop`. A claim: nobody verifies it. */
export function principal(): string {
  return `${userName()}@${hostname()}`.slice(0, LONGEST);
}

/** A user id without an entry in the user database has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
