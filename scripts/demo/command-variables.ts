import { cliConfigSchema } from '../../apps/cli/src/settings.js';

/** Variables that the libraries of clouds read by themselves. */
const OF_CLOUDS = /^(?:AWS|AZURE)_/;

/** Of somebody's environment what the command reads: another terminal needs it, too. */
export const commandVariables = (env: NodeJS.ProcessEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (entry[0] in cliConfigSchema.shape || OF_CLOUDS.test(entry[0])),
    ),
  );
