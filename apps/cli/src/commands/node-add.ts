import { type Enrolment, enrolmentSchema, type NodeDetails } from '#libs/contracts';
import { type NodeManager, openNodeManager } from '../adapters/node-manager.js';
import { marks } from '../domain/progress-lines.js';
import { nameOfHost, placeInsteadOfName } from '../domain/node-fields.js';
import { problemLines } from '../domain/node-lines.js';
import type { SshPlace } from '../domain/ssh-place.js';
import { CliError, exitCodes, type ExitCode, failure, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { type DescriptionOptions, descriptionOf, readable } from './node-fields.js';
import { keyWaitOf, madeKeyOf, mayInstall, onceLetIn, type PrepareOptions } from './node-prepare.js';
import { loginsOf, type Place, type WayContext, type WayOptions, wayOf } from './node-way.js';
import { valid } from './valid.js';

/** What the command line says of a machine, besides its name. */
export interface NodeAddOptions extends WayOptions, DescriptionOptions {
  /** Of the node, where a place stands where its name would. */
  readonly name?: string;
  readonly fingerprint?: string;
  readonly socket?: string;
  readonly allowUnlimited?: boolean;
  /** Nothing is asked: the host key that is shown now is accepted. */
  readonly yes?: boolean;
  readonly makeKey?: string | true;
  readonly keyWait?: string;
  readonly installDocker?: boolean;
}

interface AddNodeOptions extends NodeAddOptions, WayContext, PrepareOptions {
  /** A name, or `[user@]host[:port]`. */
  readonly target: string;
}

/** Enrols one machine. The login goes in the body of one request, never on a command line. */
export async function addNode(given: AddNodeOptions, output: Output): Promise<ExitCode> {
  const waitMs = keyWaitOf(given);
  const key = await madeKeyOf(given);
  const options = key === undefined ? given : { ...given, keyFile: key.path };
  const { name, way: asked } = namedMachine(options);
  const { fingerprint, socket, allowUnlimited } = options;
  const schemas = enrolmentSchema.shape;
  valid(
    { argument: asked === options ? '<name>' : '--name', schema: schemas.name, text: name },
    { argument: '--fingerprint', schema: schemas.hostKeyFingerprint.unwrap(), text: fingerprint },
    { argument: '--socket', schema: schemas.socketPath.unwrap(), text: socket },
  );
  const description = descriptionOf(options);
  const { keyFiles, jump: between, ...place } = await wayOf(name, asked);
  const api = openNodeManager();
  const machine = {
    ...{ name, ...place, hostKeyFingerprint: fingerprint, socketPath: socket, allowUnlimited },
    ...description,
  };
  const accepted = await acceptedKeys(api, machine, { ...options, between }, output);
  const installDocker = await mayInstall(options, place, output);
  const add = () => {
    const tries = {
      jumps: accepted.jump === undefined ? jumpsWith(between, options) : only(accepted.jump),
      logins: loginsOf({ ...place, keyFiles }, options.passwordStdin, options),
    };
    const { hostKeyFingerprint = fingerprint } = accepted;
    return firstAccepted(tries, (login, jump) =>
      api.addNode({ ...machine, hostKeyFingerprint, jump, installDocker, login }),
    );
  };
  const { interrupted } = options;
  const node =
    key === undefined ? await add() : await onceLetIn(key, place, { add, waitMs, interrupted }, output);
  output.answer(node, addedLines(node, output));
  return exitCodes.ok;
}

const addedLines = (node: NodeDetails, { paint }: Output): string[] => [
  `${paint.good(marks.done)} ${node.name} at ${node.address} is ${node.state}`,
  ...problemLines(node.problems ?? [], paint),
  `next: ${paint.bold('slipway node ls')}`,
];

/** `node add web-1 --address 10.0.0.5`, or `node add ubuntu@10.0.0.5:22`, whose name follows from the host. */
function namedMachine(options: AddNodeOptions): { readonly name: string; readonly way: WayOptions } {
  const { target, name } = options;
  const read = options.address === undefined ? placeInsteadOfName(target) : undefined;
  const place = read && readable('<name-or-place>', target, read);
  if (place === undefined) {
    if (name === undefined) return { name: target, way: options };
    throw usageError(
      'USAGE',
      `--name is ${JSON.stringify(name)}, and ${JSON.stringify(target)} is a name already`,
      {
        hint: 'Give --name with user@host[:port] alone.',
      },
    );
  }
  const found = name ?? nameOfHost(place.host);
  if (found === undefined)
    throw usageError('USAGE', `No name of a node follows from ${JSON.stringify(place.host)}`, {
      hint: 'Give one: --name web-1',
    });
  return { name: found, way: wayToPlace(place, options) };
}

/** One of the two would win without a word. */
function refuseOther(
  option: string,
  given: string | number | undefined,
  ofPlace: string | number | undefined,
) {
  if (given === undefined || ofPlace === undefined || given === ofPlace) return;
  throw usageError('USAGE', `${option} is ${given}, and the place says ${ofPlace}`, {
    hint: 'Say it once: in [user@]host[:port], or with the option.',
  });
}

/** Where a login is named, all of the way is; otherwise ssh is asked for what is left out. */
function wayToPlace({ host, user, port }: SshPlace, options: AddNodeOptions): WayOptions {
  const { keyFile, passwordStdin, sshConfig } = options;
  refuseOther('--ssh-user', options.sshUser, user);
  refuseOther('--ssh-port', options.sshPort, port);
  const isWhole = sshConfig === undefined && (keyFile !== undefined || passwordStdin === true);
  return {
    ...options,
    address: host,
    sshUser: user ?? options.sshUser,
    sshPort: port ?? options.sshPort,
    sshConfig: isWhole ? undefined : (sshConfig ?? true),
  };
}

type Machine = Omit<Enrolment, 'login' | 'jump'>;
type Jump = NonNullable<Enrolment['jump']>;

interface AcceptedKeys {
  readonly hostKeyFingerprint?: string;
  /** With the login that it took. */
  readonly jump?: Jump;
}

/** At a terminal nobody's key is accepted unseen. A node that shows the key that is pinned is no stranger. */
async function acceptedKeys(
  api: NodeManager,
  machine: Machine,
  options: AddNodeOptions & { readonly between: Place | undefined },
  output: Output,
): Promise<AcceptedKeys> {
  const { yes, confirm, fingerprint, jumpFingerprint, between } = options;
  const { address, sshPort } = machine;
  const isKnown = fingerprint !== undefined && (between === undefined || jumpFingerprint !== undefined);
  if (isKnown || yes === true || confirm === undefined || output.isJson) return {};
  const tries = { jumps: jumpsWith(between, options), logins: only(NO_LOGIN) };
  const { shown, jump } = await firstAccepted(tries, async (_, through) => {
    const question = { address, sshPort, hostKeyFingerprint: fingerprint, jump: through };
    return { shown: await api.hostKey(question), jump: through };
  });
  const pinned = {
    hostKeyFingerprint: shown.hostKeyFingerprint,
    jump: jump && { ...jump, hostKeyFingerprint: shown.jump?.hostKeyFingerprint ?? jump.hostKeyFingerprint },
  };
  const known = (await api.nodes()).find((node) => node.name === machine.name);
  if (known?.['hostKeyFingerprint'] === shown.hostKeyFingerprint) return pinned;
  output.note(`${address} shows the host key ${keyText(shown)}`);
  if (shown.jump !== undefined) output.note(`its jump host shows ${keyText(shown.jump)}`);
  if (await confirm('Is it that of the machine? (ssh-keygen -l on it tells.)')) return pinned;
  throw failure('HOST_KEY_REFUSED', `The host key of ${address} was not accepted, and nothing was stored.`, {
    hint: 'Read it on the machine: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub. Then give it with --fingerprint.',
  });
}

/** A host key is shown before any login. */
const NO_LOGIN: Enrolment['login'] = { password: '-' };

const keyText = (key: {
  readonly hostKeyType?: string | null;
  readonly hostKeyFingerprint: string;
}): string => `${key.hostKeyFingerprint} (${(key.hostKeyType ?? 'unknown type').toUpperCase()})`;

/** The jump host with each of its logins; undefined alone where there is none. */
async function* jumpsWith(
  between: Place | undefined,
  options: AddNodeOptions,
): AsyncGenerator<Jump | undefined> {
  if (between === undefined) return yield undefined;
  const { keyFiles, ...place } = between;
  const hostKeyFingerprint = options.jumpFingerprint;
  for await (const login of loginsOf({ ...place, keyFiles }, false, options))
    yield { ...place, hostKeyFingerprint, login };
}

/** One alone, such as no jump host at all. */
export async function* only<T>(one: T): AsyncGenerator<T> {
  yield one;
}

interface Tries {
  readonly jumps: AsyncIterator<Jump | undefined>;
  readonly logins: AsyncIterator<Enrolment['login']>;
}

/** As ssh does: a key that one of both machines refuses is no error while there is another one. */
export async function firstAccepted<T>(
  { jumps, logins }: Tries,
  add: (login: Enrolment['login'], jump: Jump | undefined) => Promise<T>,
): Promise<T> {
  const refused = new Map<string, unknown>();
  let [jump, login] = [await jumps.next(), await logins.next()];
  for (;;) {
    // The first refusal is told: of the key that its owner thinks of.
    if (jump.done === true) throw refused.get('SSH_JUMP_LOGIN_REFUSED');
    if (login.done === true) throw refused.get('SSH_LOGIN_REFUSED');
    try {
      return await add(login.value, jump.value);
    } catch (error) {
      const code = error instanceof CliError ? error.code : undefined;
      if (code === 'SSH_JUMP_LOGIN_REFUSED') jump = await jumps.next();
      else if (code === 'SSH_LOGIN_REFUSED') login = await logins.next();
      else throw error;
      if (!refused.has(code)) refused.set(code, error);
    }
  }
}
