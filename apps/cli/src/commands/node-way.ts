import { type Enrolment, sshWayFields } from '#libs/contracts';
import { isFile } from '../adapters/is-file.js';
import { type AskHidden, loginOfKeyFile } from '../adapters/key-file.js';
import { sshConfigOf } from '../adapters/ssh-config.js';
import { parsePlace, type SshPlace } from '../domain/ssh-place.js';
import { type CliError, usageError } from '../errors.js';
import { sshSettings } from '../settings.js';
import { valid } from './valid.js';

/** What the command line says of the way to a machine. */
export interface WayOptions {
  readonly address?: string;
  readonly sshPort?: number;
  readonly sshUser?: string;
  readonly keyFile?: string;
  readonly passwordStdin?: boolean;
  /** A path, or `true` for the usual one. */
  readonly sshConfig?: string | true;
  readonly jump?: string;
  readonly jumpKeyFile?: string;
  readonly jumpFingerprint?: string;
}

export interface WayContext {
  readonly standardInput: () => Promise<string>;
  readonly askHidden: AskHidden;
}

/** A machine and the machine in between, without their logins. */
export interface Place {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  /** One of these logs in; the first that the machine accepts. */
  readonly keyFiles: readonly string[];
}

interface Way extends Place {
  readonly jump?: Place;
}

/** As the command line says; what it leaves out, as `ssh` would have it, if no address is given. */
export async function wayOf(name: string, options: WayOptions): Promise<Way> {
  const way =
    options.address === undefined || options.sshConfig !== undefined
      ? await configuredWay(options.address ?? name, options)
      : plainWay(options.address, options);
  if (way.jump === undefined) refuseJumpOptions(options);
  valid(
    { argument: '--address', schema: sshWayFields.address, text: way.address },
    { argument: '--ssh-user', schema: sshWayFields.sshUser.unwrap(), text: way.sshUser },
    { argument: '--jump', schema: sshWayFields.address, text: way.jump?.address },
    {
      argument: '--jump-fingerprint',
      schema: sshWayFields.hostKeyFingerprint.unwrap(),
      text: options.jumpFingerprint,
    },
  );
  return way;
}

/** Left alone, a fingerprint would look as if it had been checked. */
function refuseJumpOptions({ jumpFingerprint, jumpKeyFile }: WayOptions): void {
  if (jumpFingerprint !== undefined) throw withoutJump('--jump-fingerprint');
  if (jumpKeyFile !== undefined) throw withoutJump('--jump-key-file');
}

const withoutJump = (given: string): CliError =>
  usageError('USAGE', `${given} is given, but no jump host`, {
    hint: 'Name it: --jump [user@]host[:port]. If the machine is reached straight, leave the option out.',
  });

const DEFAULTS = { sshPort: 22, sshUser: 'root' } as const;

function plainPlace(address: string, { sshPort, sshUser, keyFile }: WayOptions): Place {
  return {
    ...{ address, sshPort: sshPort ?? DEFAULTS.sshPort, sshUser: sshUser ?? DEFAULTS.sshUser },
    keyFiles: keyFile === undefined ? [] : [keyFile],
  };
}

function plainWay(address: string, options: WayOptions): Way {
  const place = plainPlace(address, options);
  return { ...place, jump: plainJump(options, place.keyFiles) };
}

/** It is logged in to with the keys of the node, if it has none of its own. */
function plainJump({ jump, jumpKeyFile }: WayOptions, keyFiles: readonly string[]): Place | undefined {
  if (jump === undefined) return undefined;
  const { host, port, user } = placeOf(jump);
  const place = plainPlace(host, { sshPort: port, sshUser: user });
  return { ...place, keyFiles: jumpKeyFile === undefined ? keyFiles : [jumpKeyFile] };
}

function placeOf(text: string): SshPlace {
  const place = parsePlace(text);
  if (place !== undefined) return place;
  throw usageError('USAGE', `--jump is ${JSON.stringify(text)}: expected [user@]host[:port]`, {
    hint: 'Give one jump host, such as --jump ubuntu@bastion.example.com:22.',
  });
}

async function configuredWay(host: string, options: WayOptions): Promise<Way> {
  const file = typeof options.sshConfig === 'string' ? options.sshConfig : undefined;
  const config = await sshConfigOf({ host, user: options.sshUser, port: options.sshPort }, file);
  const keyFiles = options.keyFile === undefined ? await existing(config.identityFiles) : [options.keyFile];
  if (keyFiles.length === 0 && options.passwordStdin !== true)
    throw noKey(host, config.identityFiles, '--key-file or --password-stdin');
  const place = { address: config.hostname, sshPort: config.port, sshUser: config.user, keyFiles };
  if (options.jump !== undefined) return { ...place, jump: plainJump(options, keyFiles) };
  if (config.proxyJump === undefined) return place;
  const jump = await sshConfigOf(placeOf(config.proxyJump), file);
  if (jump.proxyJump !== undefined)
    throw usageError('USAGE', `The jump host ${config.proxyJump} of ${host} has a jump host itself`, {
      hint: 'Slipway goes through one jump host. Choose one that reaches the machine.',
    });
  const jumpKeys =
    options.jumpKeyFile === undefined ? await existing(jump.identityFiles) : [options.jumpKeyFile];
  if (jumpKeys.length === 0)
    throw noKey(`the jump host ${config.proxyJump}`, jump.identityFiles, '--jump-key-file');
  return {
    ...place,
    jump: { address: jump.hostname, sshPort: jump.port, sshUser: jump.user, keyFiles: jumpKeys },
  };
}

/** What ssh names is its own guess where the file of ssh has no IdentityFile. */
const noKey = (whose: string, named: readonly string[], options: string): CliError =>
  usageError('USAGE', `No key of ${whose} was found: ssh would look for ${named.join(', ')}`, {
    hint: `Give ${options}. ${NO_AGENT}`,
  });

const NO_AGENT = 'A key that only an agent holds cannot be used: the deployer logs in by itself, later.';

async function existing(files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(files.map(isFile));
  return files.filter((_, index) => found[index]);
}

/** The logins of a machine in the order in which they are tried. An encrypted key is asked for only when its turn comes. */
export async function* loginsOf(
  { keyFiles }: Place,
  passwordStdin: boolean | undefined,
  { standardInput, askHidden }: WayContext,
): AsyncGenerator<Enrolment['login']> {
  if (passwordStdin === true) return yield passwordOf(await standardInput());
  const passphrase = sshSettings().SLIPWAY_SSH_PASSPHRASE?.reveal();
  for (const file of keyFiles) yield loginOfKeyFile(file, passphrase, askHidden);
  if (keyFiles.length > 0) return;
  throw usageError('USAGE', 'The login of the machine is missing', {
    hint: `Give --key-file or --password-stdin. ${NO_AGENT}`,
  });
}

function passwordOf(text: string): Enrolment['login'] {
  const password = text.replace(/\r?\n$/, '');
  if (password !== '') return { password };
  throw usageError('USAGE', 'Standard input holds no password', {
    hint: 'Pipe the password in: ... < password.txt',
  });
}
