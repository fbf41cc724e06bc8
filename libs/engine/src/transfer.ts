import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { codeOfSentence, engineError, toEngineError } from './classify.js';
import { EngineError } from './errors.js';
import { errorOf, jsonLines, type ProgressMessage } from './json-lines.js';
import { pushedDigest } from './pushed-digest.js';

/** A registry's login; the engine takes it in a header, so no login rests on the machine. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

export interface TransferProgress {
  readonly layer?: string;
  readonly status: string;
  readonly currentBytes?: number;
  readonly totalBytes?: number;
}

export interface TransferOptions {
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal;
}

/** Pulls an image. Throws IMAGE_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE, NO_SPACE, ENGINE_UNREACHABLE. */
export async function pull(
  docker: Docker,
  ref: string,
  auth: RegistryAuth | undefined,
  options: TransferOptions,
): Promise<void> {
  await transfer(`Pulling ${ref}`, options, () =>
    docker.pull(ref, { authconfig: auth && { ...auth }, abortSignal: options.signal }),
  );
}

/** Pushes a tagged image; its digest in the registry. Throws as `pull` does. */
export async function push(
  docker: Docker,
  ref: string,
  auth: RegistryAuth | undefined,
  options: TransferOptions,
): Promise<{ readonly digest: string }> {
  const what = `Pushing ${ref}`;
  // With no login at all the engine still wants the header, and answers 400 without it.
  const authconfig = auth ? { ...auth } : { username: '', password: '', serveraddress: '' };
  let digest: string | undefined;
  await transfer(
    what,
    options,
    () => docker.getImage(ref).push({ authconfig, abortSignal: options.signal }),
    (message) => {
      digest = pushedDigest(message) ?? digest;
    },
  );
  return { digest: digest ?? (await digestInRegistry(docker, ref, auth)) };
}

/** The digest that a registry has for an image, without pulling it. Throws as `pull` does. */
export async function digestInRegistry(
  docker: Docker,
  ref: string,
  auth: RegistryAuth | undefined,
): Promise<string> {
  const what = `Asking the registry for ${ref}`;
  try {
    const options = auth === undefined ? {} : { authconfig: { ...auth } };
    const found = (await docker.getImage(ref).distribution(options)) as DistributionAnswer;
    return found.Descriptor.digest;
  } catch (error) {
    const known = toEngineError(what, error);
    const { statusCode } = error as { readonly statusCode?: number };
    throw statusCode === 404 && known.code === 'ENGINE_FAILED' ? cannotAsk(what, error) : known;
  }
}

/** Podman: of an image that there is not, an engine that can ask says so in words. */
function cannotAsk(what: string, cause: unknown): EngineError {
  return new EngineError('ENGINE_UNSUPPORTED', {
    message: `${what}: this engine cannot ask a registry, as Docker's can.`,
    hint: 'Name the image by its digest, such as nginx@sha256:..., or use a builder with Docker.',
    cause,
  });
}

interface DistributionAnswer {
  readonly Descriptor: { readonly digest: string };
}

async function transfer(
  what: string,
  { onProgress, signal }: TransferOptions,
  start: () => Promise<NodeJS.ReadableStream>,
  onMessage?: (message: ProgressMessage) => void,
): Promise<void> {
  try {
    for await (const message of jsonLines((await start()) as Readable)) {
      const sentence = errorOf(message);
      if (sentence !== undefined) {
        throw engineError(codeOfSentence(sentence) ?? 'ENGINE_FAILED', what, sentence);
      }
      onMessage?.(message);
      onProgress?.(progressOf(message));
    }
  } catch (error) {
    throw toEngineError(
      what,
      error,
      { 404: 'IMAGE_NOT_FOUND', 401: 'REGISTRY_DENIED', 403: 'REGISTRY_DENIED' },
      signal,
    );
  }
}

function progressOf({ id, status = '', progressDetail }: ProgressMessage): TransferProgress {
  return { layer: id, status, currentBytes: progressDetail?.current, totalBytes: progressDetail?.total };
}
