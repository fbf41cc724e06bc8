import { z } from 'zod';
import { limitText } from '#libs/contracts';
import { Secret } from './secret.js';

export interface ConfigProblem {
  /** The variable's name. */
  readonly name: string;
  /** What it held; never shown for names that look like secrets. */
  readonly value: string;
  readonly expected: string;
}

/** Names whose values are not repeated in an error, whatever the schema says. */
const SECRET_NAME = /PASSWORD|SECRET|TOKEN|KEY|CONNECTION_STRING|STORAGE_URL|DATABASE_URL/;
/** Their values are no secret though their names look so: paths of files, and where public keys are. */
const NO_SECRET_NAME = /_FILE$|^REQUEST_KEYS$/;

/** Up to the last `@`: a password may hold others. */
const URL_PASSWORD = /(:\/\/[^/:@\s]*:)[^/\s]*@/g;

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends Error {
  readonly code = 'CONFIGURATION_INVALID';
  readonly hint =
    'Set these variables and start again; on one machine: source .slipway/env. The command slipway keys makes keys and tokens.';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(`Configuration:\n${problems.map((problem) => `  ${problemText(problem)}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const NOT_SET = 'not set';

/** All that a schema says of a variable that is missing; a rule says more, such as what may stand in its place. */
const SAYS_NO_MORE = /^expected an? \w+$/;

/** One problem in a few words. */
export function problemText({ name, value, expected }: ConfigProblem): string {
  const isAll = value === NOT_SET && SAYS_NO_MORE.test(expected);
  return isAll ? `${name} is ${value}` : `${name} is ${value}: ${expected}`;
}

function shown(name: string, value: string | undefined, isSecret: boolean): string {
  if (value === undefined) return NOT_SET;
  if (isSecret || (SECRET_NAME.test(name) && !NO_SECRET_NAME.test(name))) return '[redacted]';
  return JSON.stringify(value.replace(URL_PASSWORD, '$1[redacted]@'));
}

/** The schema's own words, from `expected` on. A variable is text, so `expected string` would say nothing. */
function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return issue.expected === 'string' ? 'expected a value' : `expected a ${issue.expected}`;
  return limitText(issue) ?? issue.message.replace(/^Invalid \w+: /, '');
}

/** An empty variable means the same as none, as in shells and compose files. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

type Settings = Readonly<Record<string, z.ZodType>>;

const settingsOf = (schema: z.ZodType): Settings =>
  schema instanceof z.ZodObject ? (schema.shape as Settings) : {};

/** Whether a setting is one of `secret()`, however it is wrapped. */
function isSecret(setting: z.ZodType | undefined): boolean {
  if (setting === undefined) return false;
  const { innerType } = setting.def as { readonly innerType?: z.ZodType };
  return setting.meta()?.['secret'] === true || isSecret(innerType);
}

/** The variable that is read for each setting that has one of its own, where that is set. */
function ownVariables(schema: z.ZodType, given: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const own = Object.entries(settingsOf(schema)).map(
    ([name, setting]) => [name, setting.meta()?.['ownName']] as const,
  );
  return Object.fromEntries(
    own.filter((entry): entry is [string, string] => given[String(entry[1])] !== undefined),
  );
}

/** Each secret knows its variable, so that what cannot be used can be named without its value. */
function withVariables<C>(config: C, variableOf: (setting: string) => string): C {
  if (typeof config !== 'object' || config === null) return config;
  const named = Object.entries(config).map(([name, value]: [string, unknown]) =>
    value instanceof Secret ? [name, new Secret(value.reveal(), variableOf(name))] : [name, value],
  );
  return Object.fromEntries(named) as C;
}

/** Reads a process's configuration from its environment. Throws ConfigError that lists every problem. */
export function loadConfig<S extends z.ZodType>(
  schema: S,
  env: NodeJS.ProcessEnv = process.env,
): z.output<S> {
  const given = withoutEmpty(env);
  const own = ownVariables(schema, given);
  const variableOf = (setting: string): string => own[setting] ?? setting;
  const owned = Object.entries(own).map(([setting, variable]) => [setting, given[variable]]);
  const result = schema.safeParse({ ...given, ...Object.fromEntries(owned) });
  if (result.success) return withVariables(result.data, variableOf);
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const setting = String(issue.path[0] ?? '');
      const variable = variableOf(setting);
      const described = settingsOf(schema)[setting];
      const value = shown(variable, given[variable], isSecret(described));
      const ownName = described?.meta()?.['ownName'];
      const name = value === NOT_SET && ownName !== undefined ? `${setting} or ${String(ownName)}` : variable;
      return { name, value, expected: expectedBy(issue) };
    }),
  );
}
