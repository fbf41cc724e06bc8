import { ConfigFileError, parseServiceConfig, type ServiceConfig } from './service-config.js';

/** For tests: reads a config.json with this content. */
export const parse = (value: unknown): ServiceConfig => parseServiceConfig(JSON.stringify(value));

/** For tests: what is wrong with it. */
export function problemsOf(value: unknown): ConfigFileError['problems'] {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof ConfigFileError) return error.problems;
    throw error;
  }
  return [];
}
