import { readFile } from 'node:fs/promises';
import {
  writtenAppIdSchema,
  type SecretReply,
  secretNameSchema,
  secretReplied,
  secretRequested,
  type SealedSecret,
  secretValueSchema,
  tokenSchema,
} from '#libs/contracts';
import { parsePublicKey, seal } from '#libs/secrets';
import { openDeployer } from '../adapters/deployer.js';
import { beforeSending } from '../before-sending.js';
import { errorLines } from '../domain/reply-lines.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { kafkaSettings, sealingSettings } from '../settings.js';
import { ask, message, newToken } from './request.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface SecretOptions {
  readonly appId: string;
  readonly name: string;
  readonly token?: string;
  readonly interrupted: () => Promise<void>;
}

interface SetSecretOptions extends SecretOptions {
  readonly fromFile?: string;
  readonly standardInput: () => Promise<string>;
  readonly askHidden: ((question: string) => Promise<string>) | undefined;
}

/** Stores a value. It leaves this process sealed to the deployer, and is never an argument. */
export async function setSecret(options: SetSecretOptions, output: Output): Promise<ExitCode> {
  const { appId, name } = namedSecret(options, output);
  const key = parsePublicKey(sealingSettings().SLIPWAY_DEPLOYER_PUBLIC_KEY.reveal());
  const value = checkedValue(await beforeSending(options.interrupted, () => readValue(options)));
  const inside: SealedSecret = { appId, name, value };
  const reply = await change('set', { ...options, appId }, output, await seal(key, inside));
  const version = reply.secret?.version ?? 0;
  const said = `${name} of ${appId} is stored, version ${version}; instances get it at their next start`;
  return told(reply, said, `slipway secret list ${appId}`, output);
}

/** Removes a value. What runs keeps it until it is replaced. */
export async function removeSecret(options: SecretOptions, output: Output): Promise<ExitCode> {
  const { appId, name } = namedSecret(options, output);
  kafkaSettings();
  const reply = await change('remove', { ...options, appId }, output);
  const said = `${name} of ${appId} is removed; no instance that needs it can start any more`;
  return told(reply, said, `slipway secret list ${appId}`, output);
}

/** Lists names, versions and times. */
export async function listSecrets(written: string, output: Output): Promise<ExitCode> {
  valid({ argument: '<app>', schema: writtenAppIdSchema, text: written });
  const { appId } = namesHere({ appId: written }, output);
  const secrets = await openDeployer().secrets(appId);
  const rows = secrets.map(({ name, version, updatedAt }) => [name, String(version), updatedAt]);
  const none = [
    `${appId} has no secrets.`,
    `next: ${output.paint.bold(`slipway secret set ${appId} <name>`)}`,
  ];
  output.answer(secrets, rows.length === 0 ? none : tableLines(['SECRET', 'VERSION', 'SET'], rows));
  return exitCodes.ok;
}

/** The secret by the name that its application has here. */
function namedSecret({ appId, name, token }: SecretOptions, output: Output) {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: appId },
    { argument: '<name>', schema: secretNameSchema, text: name },
    { argument: '--token', schema: tokenSchema, text: token },
  );
  return namesHere({ appId, name }, output);
}

/** From the file, the terminal or standard input; the line break that ends it belongs to none of them. */
async function readValue(options: SetSecretOptions): Promise<string> {
  const { name, fromFile, askHidden, standardInput } = options;
  if (fromFile === undefined && askHidden !== undefined) return askHidden(`Value of ${name} (not shown): `);
  const text = fromFile === undefined ? await standardInput() : await textOf(fromFile);
  return text.replace(/\r?\n$/, '');
}

async function textOf(file: string): Promise<string> {
  try {
    return (await readFile(file)).toString();
  } catch (cause) {
    throw usageError('USAGE', `${file} cannot be read`, { hint: 'Name a file that holds the value.', cause });
  }
}

/** What decoding puts in the place of bytes that are no UTF-8. */
const REPLACED = '\uFFFD';

/** Its problem is told without it. */
function checkedValue(value: string): string {
  const issues = secretValueSchema.safeParse(value).error?.issues.map((issue) => issue.message) ?? [];
  if (value.includes(REPLACED)) issues.push('a secret must be text in UTF-8');
  if (issues.length === 0) return value;
  throw usageError('USAGE', issues.join('; '), {
    hint: 'Pipe it in, such as: ... < password.txt. Store binary values as base64.',
  });
}

const TIMEOUT_MS = 30_000;

async function change(
  mode: 'set' | 'remove',
  { appId, name, token = newToken(), interrupted }: SecretOptions,
  output: Output,
  sealedValue?: string,
): Promise<SecretReply> {
  const data = message(secretRequested.schema, { token, mode, appId, name, sealedValue });
  const question = { definition: secretRequested, answered: secretReplied, data, services: [] };
  return (await ask(question, { timeoutMs: TIMEOUT_MS, interrupted }, output)).reply;
}

function told(reply: SecretReply, said: string, next: string, output: Output): ExitCode {
  const { paint } = output;
  output.answer({ ...reply, next }, [
    ...(reply.error === undefined ? [`${paint.good('✔')} ${said}`] : errorLines(reply.error, paint, '')),
    `next: ${paint.bold(next)}`,
  ]);
  return reply.status ? exitCodes.ok : exitCodes.failed;
}
