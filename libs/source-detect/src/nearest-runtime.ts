import { nearestName } from '#libs/contracts';

/** Names that most platforms have. */
const USUAL = ['python', 'node', 'static', 'dockerfile', 'image', 'go', 'java', 'php', 'ruby', 'rust'];

/** The runtime that was meant by a name that is none; undefined where nothing is near it. */
export const nearestRuntime = (name: string, names: readonly string[] = USUAL): string | undefined =>
  nearestName(name, names);
