import { z } from 'zod';
import { isVariableName, secretNameSchema } from './names.js';

/** As a step of a Dockerfile names it: `--mount=type=secret,id=NPM_TOKEN`. */
const idSchema = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    'expected the id of a secret mount, such as NPM_TOKEN: letters, digits and . _ -',
  );

/** As many as a service may have at run time. */
export const MOST_SECRETS = 50;

/** By the id that the build knows it by, the name of the secret that is its value. */
export const buildSecretsSchema = z
  .record(idSchema, secretNameSchema)
  .refine(
    (secrets) => Object.keys(secrets).length <= MOST_SECRETS,
    `expected at most ${MOST_SECRETS} secrets`,
  );

interface OfBuild {
  readonly buildSecrets?: Readonly<Record<string, string>>;
}

/** Where Slipway writes the steps, they get each secret as an environment variable. */
export function buildSecretProblems({ buildSecrets = {} }: OfBuild, runtime: string) {
  if (runtime === 'dockerfile') return [];
  return Object.keys(buildSecrets)
    .filter((id) => !isVariableName(id))
    .map((id) => ({
      field: ['buildSecrets', id],
      expected: `expected a variable name: the steps of "${runtime}" get it as an environment variable`,
    }));
}
