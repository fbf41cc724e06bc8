import { type ErrorEntry, inReply } from './error-entry.js';

/** Codes in the reply of a request, in the order of its way; some also come elsewhere. */
const requestErrors = {
  REQUEST_INVALID: {
    where: ['reply', 'http'],
    statuses: [400, 408, 413, 415, 431],
    what: 'The request breaks its schema; over HTTP, the request as a whole is wrong, such as its address, its size or the type of its body.',
    whatToDo: 'Correct what the message names.',
  },
  SIGNATURE_REFUSED: inReply(
    'The request is signed wrongly, by an unknown key, or not signed where it must be.',
    'Sign the body with a key of `REQUEST_KEYS`; see [Sign requests](../how-to/sign-requests.md).',
  ),
  REPLY_TOPIC_REFUSED: inReply(
    '`replyTo` is not one of the topics in `DEPLOYER_REPLY_TOPICS`.',
    'Leave `replyTo` out, or allow the topic.',
  ),
  REQUEST_UNKNOWN: {
    where: ['reply', 'http'],
    statuses: [404],
    what: 'There is no request with this token.',
    whatToDo: 'Check the token. A request is known once the deployer has read it.',
  },
  REQUEST_ENDED: inReply(
    'The request to be cancelled has already ended.',
    'Read its reply: `slipway history TOKEN`.',
  ),
  DEADLINE_EXCEEDED: inReply(
    'The time of the request ran out. The message repeats what was last seen to be wrong.',
    'Mend that, or send it again with more time: `--timeout` of the command, `deadlineMs` of the message.',
  ),
  CANCELLED: inReply('The request was cancelled.', 'To do it after all, send it with a new token.'),
  DEPENDENCY_FAILED: inReply(
    'A service that this one depends on failed.',
    'Read the error of the other service.',
  ),
  INTERNAL: {
    where: ['reply', 'http'],
    statuses: [500],
    what: 'This is a fault of Slipway.',
    whatToDo: 'Report it with the token of the request.',
  },
} satisfies Record<string, ErrorEntry>;

const sourceErrors = {
  SOURCE_NOT_FOUND: {
    where: ['reply', 'command'],
    what: 'The zip, or the folder of a service, does not exist.',
    whatToDo: 'Push the source, or name the right blob or folder.',
  },
  SOURCE_CHANGED: inReply(
    'Another zip lies where the zip of the request was: somebody else has uploaded one since.',
    'Deploy again; agree with whoever deploys the same service.',
  ),
  BLOB_UNAVAILABLE: {
    where: ['reply', 'command'],
    what: 'The blob storage does not answer, or refuses.',
    whatToDo: 'Check the variables that name the blob storage, and the storage.',
  },
  ARCHIVE_CORRUPT: {
    where: ['reply', 'command'],
    what: 'The zip is truncated or damaged, or it is no zip.',
    whatToDo: 'Make the zip again.',
  },
  ARCHIVE_EMPTY: inReply('The zip holds no file.', "Put the service's files and `config.json` into it."),
  ARCHIVE_ENCRYPTED: inReply('The zip has a password.', 'Make it without one.'),
  ARCHIVE_LINK: inReply(
    'The zip holds a link, or a link that leads out of it.',
    'Replace the link by the file, or set `ARCHIVE_ALLOW_SYMLINKS=true`.',
  ),
  ARCHIVE_MISMATCH: inReply(
    'The directory and the content of the zip contradict each other, sizes are wrong, or entries overlap.',
    'Make the zip again with a common tool.',
  ),
  ARCHIVE_NAME_CONFLICT: inReply(
    'Two names are the same, or are the same on systems that ignore case or the composition of accents.',
    'Rename one of the files.',
  ),
  ARCHIVE_TOO_LARGE: inReply(
    'The zip holds too many files, or they are too large, or far larger than the zip.',
    'Leave dependencies and data out.',
  ),
  ARCHIVE_UNSAFE: {
    where: ['reply', 'command'],
    what: 'A name is absolute, climbs out, is invisible or too long, or an entry is a device or a pipe.',
    whatToDo: 'Remove what the message names.',
  },
  ARCHIVE_UNSUPPORTED: inReply(
    'The zip is one part of several, or its compression is not deflate.',
    'Make one zip with the default compression.',
  ),
  CONFIG_MISSING: {
    where: ['reply', 'command'],
    what: 'There is no `config.json` at the root.',
    whatToDo: 'Add it.',
  },
  CONFIG_INVALID: {
    where: ['reply', 'command'],
    what: '`config.json` breaks its schema.',
    whatToDo: 'Correct each field that the message names.',
  },
  RUNTIME_UNKNOWN: inReply(
    'No base image has the runtime, or not in the version that the service asks for.',
    'Ask for one that the message names, or add it to `BASE_IMAGES`.',
  ),
  SOURCE_UNCLEAR: {
    where: ['reply', 'command'],
    what: 'The files of the source do not say how it is built or started.',
    whatToDo: 'Write the field that the message names into `config.json`.',
  },
} satisfies Record<string, ErrorEntry>;

type ArchiveCode = Extract<keyof typeof sourceErrors, `ARCHIVE_${string}`>;

/** What may be wrong with a zip. */
export const archiveErrorCodes = Object.keys(sourceErrors).filter((code): code is ArchiveCode =>
  code.startsWith('ARCHIVE_'),
);

const buildErrors = {
  ENGINE_UNREACHABLE: {
    where: ['reply', 'enrolment'],
    what: 'A Docker engine does not answer.',
    whatToDo:
      'Check that Docker runs there and answers: `docker version` on that machine. Of a builder, also check `BUILDER_HOST` or `BUILDERS`.',
  },
  ENGINE_FORBIDDEN: {
    where: ['reply', 'enrolment'],
    what: 'The user may not use the socket of the Docker engine.',
    whatToDo: 'Run the command that the message names on that machine.',
  },
  ENGINE_UNSUPPORTED: {
    where: ['reply', 'enrolment'],
    what: 'The Docker engine is too old.',
    whatToDo: 'Install Docker 20.10 or newer, or Podman 4 or newer.',
  },
  BUILD_FAILED: inReply(
    'The image did not build.',
    'Its first sentence is the cause, where that is known. `slipway logs APP SERVICE --build` prints the whole log.',
  ),
  BUILD_SECRETS_UNSUPPORTED: inReply(
    'The service names `buildSecrets`, and the engine of its builder has no BuildKit.',
    'Build on an engine with BuildKit: Docker 18.09 or newer, on Linux.',
  ),
  BUILDER_DISK_FULL: inReply(
    'The disk of every builder is too full, even without the cache.',
    'Free space where the message says, or name another builder.',
  ),
  DEPLOYER_DISK_FULL: inReply(
    'The source cannot be unpacked, because the disk of the deployer is full.',
    'Free space, or set `DEPLOYER_WORK_DIRECTORY`.',
  ),
  PUSH_FAILED: inReply(
    'The image registry did not take the image.',
    'Check its address, its login and its disk.',
  ),
  REGISTRY_DENIED: inReply(
    'The image registry refuses the login.',
    'Check `REGISTRY_USERNAME` and `REGISTRY_PASSWORD`, or the Azure identity; for an image of another registry, `REGISTRY_LOGINS_FILE`.',
  ),
  REGISTRY_REFUSED: inReply(
    'The image registry does not understand the call.',
    'Check that `REGISTRY_URL` is a registry of the kind in `REGISTRY_KIND`.',
  ),
  REGISTRY_UNREACHABLE: inReply(
    'The image registry does not answer the deployer, a builder or a node.',
    'Check `REGISTRY_URL` and `REGISTRY_CA_FILE`, and the way of the machine that the message names.',
  ),
  RELEASE_NOT_FOUND: inReply('The service has no such release.', 'Build the service first.'),
  FETCH_TIMEOUT: inReply(
    'Fetching the source made no progress for too long.',
    'Check the blob storage, or raise `DEPLOYER_FETCH_IDLE_MS`.',
  ),
  BUILD_TIMEOUT: inReply(
    'The build made no progress for too long.',
    'Check the builder, or raise `DEPLOYER_BUILD_IDLE_MS`.',
  ),
  PUSH_TIMEOUT: inReply(
    'The push made no progress for too long.',
    'Check the image registry, or raise `DEPLOYER_PUSH_IDLE_MS`.',
  ),
} satisfies Record<string, ErrorEntry>;

const runErrors = {
  INSTANCE_NOT_FOUND: {
    where: ['reply', 'http'],
    statuses: [404],
    what: 'The service does not have the instance.',
    whatToDo: 'Look for its name: `slipway status APP`.',
  },
  MOVE_REFUSED: inReply(
    'The instance may not be moved: its service has volumes, or its config.json says so.',
    'It stays where it is. [Balance the load of nodes](../how-to/rebalance.md) says what is moved.',
  ),
  CANARY_REFUSED: inReply(
    'The service can have no canary: it does not run, it has volumes, it gets no requests, or it runs the release already.',
    'The message says which. [Try a release on a part of the requests](../how-to/try-a-release.md) says what a canary needs.',
  ),
  SCALE_OUT_OF_BOUNDS: inReply(
    'The sum of what is wanted of the service and of `by` is below 0 or above 50, or the count is not within the bounds of its policy.',
    'Ask for the number itself: `slipway scale APP SERVICE COUNT`. With a policy, change its bounds: `slipway scaling set`.',
  ),
  FENCE_OUTDATED: inReply(
    'An autoscaler asked for a count under a lower fence than the service has seen: it has lost its lease.',
    'Nothing. Another load balancer decides about the service.',
  ),
  SCALE_OUTDATED: inReply(
    'A scale request could not begin before its `validUntil`, or an autoscaler has asked for another count since.',
    'Nothing. An autoscaler decides again from what it sees then.',
  ),
  ROLLOUT_UNDER_WAY: inReply(
    'An autoscaler asked for fewer instances while a rollout of the service was under way.',
    'Nothing. It decides again once the rollout has ended.',
  ),
  ROUTE_TAKEN: {
    where: ['reply', 'http'],
    statuses: [409],
    what: 'Another service has the same host and path, or the host belongs to another application.',
    whatToDo: 'The message says whose it is. Choose another host or path, or have its owner give it up.',
  },
  ROUTE_HEADERS: {
    where: ['reply', 'http'],
    statuses: [409],
    what: 'The routes of all services together would set request headers of more than 64 names.',
    whatToDo: 'Use names that other routes set already, or fewer: `slipway routes` shows which there are.',
  },
  SECRET_NOT_FOUND: inReply(
    'The service names a secret that its application does not have.',
    'Store it: `slipway secret set`.',
  ),
  SECRET_UNREADABLE: inReply(
    'A secret was sealed to another key or for another name, or it is stored under another key.',
    'Check the key that the message names, or set the secret again.',
  ),
  SECRETS_TOO_MANY: inReply('The application has 200 secrets.', 'Remove secrets that no service names.'),
  NO_NODE: inReply(
    'No node fits, nor did one while the instance waited for room.',
    'The message says for each node what ruled it out. [Wait for room](../how-to/wait-for-room.md) says how to let it wait longer.',
  ),
  ENGINE_FAILED: {
    where: ['reply', 'enrolment'],
    what: 'A Docker engine refused, for a reason of its own.',
    whatToDo: 'Read the message, the log of the engine, and check its disk.',
  },
  NO_SPACE: inReply('The disk of an engine is full.', 'Make room: `docker system df`.'),
  IMAGE_NOT_FOUND: inReply(
    'An image vanished while it was needed.',
    'Send the request again; the image is built again.',
  ),
  CONTAINER_NOT_FOUND: inReply(
    'A container vanished while it was needed.',
    'Send the request again; the container is started again.',
  ),
  NAME_TAKEN: inReply(
    'Something else on the node has the name of the container.',
    '[Look at the node](../how-to/look-at-a-node.md): `docker ps -a`.',
  ),
  PORT_TAKEN: inReply(
    'Something else on the nodes has the ports that were tried.',
    'The message names them. [Look at the node](../how-to/look-at-a-node.md): `ss -ltnp`.',
  ),
  SPEC_INVALID: inReply(
    'The engine refuses the settings of the container.',
    'Correct what the message names in `config.json`.',
  ),
  NODE_UNREACHABLE: {
    where: ['reply', 'http'],
    statuses: [502],
    what: 'The node does not answer, or shows another host key.',
    whatToDo: 'Look at the node.',
  },
  PULL_FAILED: inReply(
    'The node could not pull the image, although the image registry answers.',
    'The message says why: the image is gone, the login is refused, or the disk of the node is full.',
  ),
  RELEASE_FAILED: inReply(
    'The `release` command of `config.json` failed. No instance was started.',
    'Read the end of its log, correct the command or what it works on, and deploy again.',
  ),
  CONTAINER_EXITED: inReply('The container started and ended.', 'Read the end of its log.'),
  HEALTH_TIMEOUT: inReply(
    'The instance runs, but its health path does not answer with 2xx or 3xx.',
    'Check the port and the path; read the end of the log.',
  ),
  PULL_TIMEOUT: inReply(
    'The pull made no progress for too long.',
    'Check the node and the image registry, or raise `DEPLOYER_PULL_IDLE_MS`.',
  ),
  START_TIMEOUT: inReply(
    'The start made no progress for too long.',
    'Check the engine of the node, or raise `DEPLOYER_START_IDLE_MS`.',
  ),
  STOP_TIMEOUT: inReply(
    'The stop made no progress for too long.',
    'Check the engine of the node, or raise `DEPLOYER_STOP_IDLE_MS`.',
  ),
} satisfies Record<string, ErrorEntry>;

export const replyErrors = { ...requestErrors, ...sourceErrors, ...buildErrors, ...runErrors };
