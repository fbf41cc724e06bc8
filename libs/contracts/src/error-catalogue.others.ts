import { type ErrorEntry, atEnrolment, inCommand, overHttp } from './error-entry.js';

/** Codes of the HTTP API alone. */
export const httpErrors = {
  JSON_INVALID: overHttp(400, 'The body is not JSON.', 'Correct the line and column that the message names.'),
  CURSOR_INVALID: overHttp(
    400,
    'The cursor of a page is not one that this list gave with these filters.',
    'Send the same filters, or begin without `after`.',
  ),
  INPUT_INVALID: overHttp(
    400,
    'A field of the address, the query or the body is wrong, or the route does not have it.',
    'Correct each field that the message names.',
  ),
  TOKEN_MISSING: overHttp(401, 'The call has no bearer token.', 'Send `Authorization: Bearer TOKEN`.'),
  TOKEN_UNKNOWN: overHttp(
    401,
    'The API token is not known.',
    'Use `SLIPWAY_API_TOKEN` or `SLIPWAY_READ_TOKEN`.',
  ),
  ROLE_MISSING: overHttp(403, 'The API token may read only.', 'Use `SLIPWAY_API_TOKEN`.'),
  ROUTE_UNKNOWN: overHttp(404, 'There is no such route.', 'See [HTTP API](http-api.md).'),
  BUILD_LOG_UNKNOWN: overHttp(
    404,
    'There is no such build log.',
    'List the kept ones: `GET /v1/builds?appId=&service=`.',
  ),
  SERVICE_UNKNOWN: overHttp(
    404,
    'There is no such service.',
    'List them: `slipway status APP --all`, or `slipway releases APP` for those that were only built.',
  ),
  ROUTES_CHANGED: overHttp(
    412,
    'The routes have changed since they were read.',
    'Read them again, and send what you want with the new `ETag`.',
  ),
  SCALING_CHANGED: overHttp(
    412,
    'The policy by which a service scales has changed since it was read.',
    'Read it again, and send what you want with the new `ETag`.',
  ),
  NODE_UNKNOWN: overHttp(
    404,
    'There is no such node, or it was removed.',
    'List them: `slipway node ls`, with `--removed` also those that were removed.',
  ),
  PLACEMENT_UNKNOWN: overHttp(
    404,
    'No answer to such a node request is kept, or there is no such instance.',
    'List them: `GET /v1/placements?appId=&service=`. How long they are kept, `LOAD_BALANCER_PLACEMENTS_DAYS` says.',
  ),
  NODE_IN_USE: overHttp(
    409,
    'Instances are on the node that is to be removed.',
    'Move them away: `slipway node drain NODE --wait`. If the machine is lost for ever: `slipway node remove NODE --force`.',
  ),
  LOGIN_CLOSED: overHttp(
    409,
    'The login of the node rests under a key that is not configured.',
    'Enrol the node again, with its login: `slipway node add`.',
  ),
  NOTHING_ALLOCATABLE: overHttp(
    422,
    'The reserve of a node is as large as its capacity.',
    'Reserve less, or correct the capacity.',
  ),
  NODE_TAKEN: overHttp(
    409,
    'The name or the address belongs to another node.',
    'Choose another name, or the name that the node has: `slipway node ls`.',
  ),
  LOGS_BUSY: overHttp(
    503,
    'This deployer follows as many logs as it may.',
    'End one, or ask without `follow`.',
  ),
  PREEMPT_OFF: overHttp(
    409,
    'A plan was asked to stop instances of lower priorities, and this load balancer never does that.',
    'Ask without `placement.preempt`, or set `LOAD_BALANCER_PREEMPT=on`.',
  ),
  PLANS_BUSY: overHttp(
    503,
    'This load balancer makes as many plans as it may at once.',
    'Ask again in a second, or ask another replica.',
  ),
  REPLAYS_BUSY: overHttp(
    503,
    'This load balancer replays as many policies as it may at once.',
    'Ask again in a moment, or ask another replica.',
  ),
  WATCHES_BUSY: overHttp(
    503,
    'Too many clients watch the registry at this node manager.',
    'End one, or watch at another replica.',
  ),
  LIMITS_UNFIT: overHttp(
    400,
    'Limits cannot be set so: no bounds are known, or an amount is set without the policy `fixed`.',
    'Say bounds: `slipway limits APP SERVICE --cpu 0.2:1`.',
  ),
  STRUCTURE_UNKNOWN: overHttp(
    404,
    'Nobody said anything of such a structure, and none is on a host.',
    'List them with `GET /v1/structures/KIND`.',
  ),
  SETTINGS_UNFIT: overHttp(
    400,
    'Settings of the rescaler do not go together, such as a rule that can never hold.',
    'Correct what the message names. Nothing was changed.',
  ),
  OVERRIDE_UNKNOWN: overHttp(
    404,
    'The instance does not run, or no weight is set for it.',
    'List instances with `slipway traffic`, and the weights that are set with `GET /v1/traffic/overrides`.',
  ),
  OVERRIDES_FULL: overHttp(
    409,
    'Weights are set for 1,000 instances, which is as many as gateways take.',
    'End some of them: `GET /v1/traffic/overrides` lists them.',
  ),
  FEED_BUSY: overHttp(
    503,
    'As many gateways follow the traffic feed of this load balancer as may (`LOAD_BALANCER_FEED_GATEWAYS`).',
    'Name further replicas in `GATEWAY_FEED_URLS`, or raise the number.',
  ),
  UPGRADE_REQUIRED: overHttp(
    426,
    'The route is a WebSocket, and the call asked for none.',
    'Connect by a WebSocket client, at an address that begins with `ws://` or `wss://`.',
  ),
  NO_INSTANCE: overHttp(
    503,
    'A gateway found no instance of the service that could be reached, also after a wait of `GATEWAY_WAIT_MS`.',
    'Try again after the seconds of `Retry-After`. If it stays: `slipway status` says what runs.',
  ),
  NOT_KNOWN_YET: overHttp(
    503,
    'A gateway that never knew what runs has started while its database or load balancer is away.',
    'Try again after the seconds of `Retry-After`. `/ready` of the gateway says what is missing.',
  ),
  UNAVAILABLE: overHttp(503, 'The app cannot answer now.', 'Try again later.'),
} satisfies Record<string, ErrorEntry>;

/** Why a machine cannot become a node, and what else a check finds. */
export const enrolmentErrors = {
  ARCHITECTURE: atEnrolment(
    'The machine is of another architecture than images are built for (`NODE_ARCHITECTURE`), or than the other nodes.',
    'Choose a machine of that kind, or correct `NODE_ARCHITECTURE` of the node manager.',
  ),
  DISK_SPACE: atEnrolment(
    'Little is free where the engine keeps images: under 5 GiB is a warning, under 100 MiB refuses the machine.',
    'Free some: `docker system df` shows what uses it.',
  ),
  CLOCK_SKEW: atEnrolment(
    'The clock of the machine is wrong: by 3 s is a warning, by 5 minutes refuses the machine.',
    'Synchronise it: `timedatectl set-ntp true`.',
  ),
  PORTS_IN_USE: atEnrolment(
    'Something listens on ports that instances get; where none is left the machine is refused.',
    'Find it with `ss -ltnp`, or move `NODE_FIRST_PORT` and `NODE_LAST_PORT` of the node manager.',
  ),
  STORAGE_DRIVER: atEnrolment(
    'A warning: the storage driver of the engine is slow, or no longer supported.',
    'Use `overlay2`.',
  ),
  CGROUP_V1: atEnrolment(
    'A warning: the machine uses cgroup v1.',
    'With the next new system, choose one with cgroup v2.',
  ),
  SOCKET_OPEN: atEnrolment(
    "A warning: every user of the machine may use the engine's socket, and with it be root there.",
    'Remove the access of other users: `sudo chmod o-rw SOCKET`.',
  ),
  LIMITS_FIXED: atEnrolment(
    'A warning: limits of containers that run cannot be changed there, for each resource that is named.',
    'Only [limits that follow use](../explanation/limits-on-nodes.md) need it. Let Slipway log in as root, and install `iproute2`.',
  ),
  HOST_UNSEEN: atEnrolment(
    'A warning: the free disk, the clock or the ports in use could not be checked.',
    'Let the user run commands there, or look by hand.',
  ),
  LIMITS_UNENFORCED: atEnrolment(
    'The engine accepts limits of containers and does not enforce them, as rootless engines on cgroup v1.',
    'Use an engine that enforces them, or accept it with `--allow-unlimited`.',
  ),
  DOCKER_INSTALL_UNSUPPORTED: atEnrolment(
    '`--install-docker` was given, and the machine is neither Debian nor Ubuntu. Nothing was run there.',
    'Install Docker there by hand, then add the machine without `--install-docker`.',
  ),
  DOCKER_INSTALL_FAILED: atEnrolment(
    'A command of `--install-docker` failed.',
    'Run it there by hand; the message names it and what it said. A user other than root needs `sudo` without a password.',
  ),
  SSH_UNREACHABLE: atEnrolment('The SSH server does not answer.', 'Check the address and sshd.'),
  SSH_TIMEOUT: atEnrolment('The SSH server took too long.', 'Check the address and sshd.'),
  SSH_CONNECTION_LOST: atEnrolment('The SSH connection broke.', 'Check the address and sshd.'),
  SSH_LOGIN_REFUSED: atEnrolment('The SSH server refuses the login.', 'Check the user and the login.'),
  SSH_JUMP_LOGIN_REFUSED: atEnrolment(
    'The SSH server of the jump host refuses the login.',
    'Check the user and the login of the jump host.',
  ),
  SSH_HOST_KEY_MISMATCH: atEnrolment(
    'The machine shows another host key than the pinned one.',
    'If the machine was set up anew, enrol it again. If not, another machine answers at its address.',
  ),
  SSH_CHANNEL_REFUSED: atEnrolment(
    'The SSH server forbids forwarding and commands.',
    'Allow one of them in its configuration.',
  ),
  SSH_OUTPUT_TOO_LARGE: atEnrolment(
    'A command on the machine printed too much.',
    'Look at what the login shell of the user prints.',
  ),
  SSH_ARGUMENT_INVALID: atEnrolment(
    'An argument of a command cannot be sent.',
    'Remove control characters from the value that the message names.',
  ),
} satisfies Record<string, ErrorEntry>;

/** Codes of the `slipway` command alone. */
export const commandErrors = {
  USAGE: inCommand('The arguments are wrong.', 'Read the `--help` that the message names.'),
  CONFIGURATION: inCommand(
    'An environment variable is missing or wrong.',
    'Set it, or `source .slipway/env` beside a demo.',
  ),
  INTERRUPTED: inCommand(
    'Ctrl-C ended the command, or no value was typed.',
    'A request that was sent goes on: follow it with the command that the message names.',
  ),
  HOST_KEY_REFUSED: inCommand(
    'You did not accept the host key of a machine, and nothing was stored.',
    'Read the key on the machine with `ssh-keygen -l`, then give it with `--fingerprint`.',
  ),
  KEY_NOT_MADE: inCommand(
    'The key pair of `--make-key` could not be written or read.',
    'Name a file in a folder that you may write to: `--make-key PATH`.',
  ),
  KEY_NOT_LET_IN: inCommand(
    'The machine did not let the key of `--make-key` in within the time, and nothing was stored.',
    'Add the line that was shown to `authorized_keys` there, then run the same command again. `--key-wait` waits longer.',
  ),
  INSTALL_REFUSED: inCommand(
    'You did not agree to what `--install-docker` runs, and nothing was run.',
    'Install Docker there by hand, then add the machine without `--install-docker`.',
  ),
  DRAIN_LATE: inCommand(
    'A drain was waited for, and its deadline has passed.',
    'Nothing was killed, and it goes on. `slipway node show NODE` says what holds it up.',
  ),
  DRAIN_ENDED: inCommand(
    'A drain was waited for, and somebody else ended it.',
    'The history of the node says who: `slipway node show NODE`.',
  ),
  NO_SUCH_FOLDER: inCommand('The folder does not exist.', 'Name a folder that holds services.'),
  NO_SERVICE: inCommand(
    'The folder holds no service.',
    'Name a folder with a `config.json`, or one whose folders have one, or let `slipway init` write it.',
  ),
  CONFIG_EXISTS: inCommand(
    'The folder has a `config.json` already, and nothing was written.',
    'Change it by hand, or write a new one over it with `slipway init --force`.',
  ),
  SERVICE_NAME: inCommand(
    'The name of a folder cannot be the name of a service.',
    'Rename the folder, or push it alone with `slipway push --service`.',
  ),
  MESSAGE_INVALID: inCommand(
    'The platform did not understand the request; it is on the dead-letter topic.',
    'Use the command and the platform of the same version.',
  ),
  KAFKA_UNREACHABLE: inCommand('Kafka does not answer.', 'Check `KAFKA_BROKERS`, and that a broker runs.'),
  TRAFFIC_UNKNOWN: inCommand(
    'The gateway carries no requests for the application or the service.',
    'List what it carries with `slipway traffic`. A worker has no address.',
  ),
  NODES_SILENT: inCommand(
    'No figures of a node came in time.',
    'Check that an agent runs, and that `KAFKA_BROKERS` and `KAFKA_PREFIX` are those of the agent.',
  ),
  REPLY_TIMEOUT: inCommand(
    'No reply came in time.',
    'The request goes on. Check that a deployer runs, then follow it with `slipway events`.',
  ),
  API_UNREACHABLE: inCommand('An app does not answer over HTTP.', 'Check its address, and that it runs.'),
  API_ANSWER: inCommand(
    'The answer of an app is not understood.',
    'Use the command and the platform of the same version.',
  ),
  ANSWER_CUT_OFF: inCommand('A log ended before its end.', 'Ask again; the node may be lost.'),
  ROUTE_NOT_FOUND: inCommand(
    'The service has no such route.',
    'List its routes: `slipway routes APP SERVICE`.',
  ),
  SERVICE_UNCLEAR: inCommand('Several services could be meant.', 'Name one of them.'),
  ADDRESS_UNKNOWN: inCommand(
    'The service has no address at the gateway.',
    'A worker has none. Else set `SLIPWAY_TRAFFIC_URL` for the deployer.',
  ),
  NOT_RUNNING: inCommand(
    'The service has no instances.',
    'Run it. The log of its build: `slipway logs APP SERVICE --build`.',
  ),
} satisfies Record<string, ErrorEntry>;

/** Why an ACME authority has not signed a certificate: `slipway certificates` shows them. */
export const authorityErrors = {
  ACME_UNREACHABLE: {
    where: ['command'],
    what: 'The ACME authority does not answer, or answers with an error of its own.',
    whatToDo:
      'Check `GATEWAY_ACME_URL`, and `GATEWAY_ACME_CA_FILE` of an authority of your own. It is asked again.',
  },
  ACME_CHALLENGE_FAILED: {
    where: ['command'],
    what: 'The authority asked the host for the answer to its challenge at port 80, and did not get it.',
    whatToDo:
      'Have the DNS lead the host to the gateways, and port 80 to `GATEWAY_LISTEN`. The authority is asked again; see [Serve HTTPS](../how-to/serve-https.md#an-acme-authority).',
  },
  ACME_RATE_LIMITED: {
    where: ['command'],
    what: 'The authority wants fewer orders. All hosts wait for as long as it says.',
    whatToDo: 'Use a wildcard certificate of your own, or name fewer hosts in `GATEWAY_ACME_HOSTS`.',
  },
  ACME_PATTERN: {
    where: ['command'],
    what: 'A route has a pattern of hosts, such as `*.example.com`. An authority signs for it only by a challenge in DNS, which the gateway does not do.',
    whatToDo:
      'Give the gateway a wildcard certificate of your own (`GATEWAY_TLS_CERTIFICATES`), name the hosts in routes of their own, or take the pattern out with `!*.example.com` in `GATEWAY_ACME_HOSTS`.',
  },
  ACME_REFUSED: {
    where: ['command'],
    what: 'The authority refuses the account or the host.',
    whatToDo:
      'Do what the message says; `externalAccountRequired` asks for `GATEWAY_ACME_BINDING_KEY_ID`. A host that it never signs for: take it out with `!host` in `GATEWAY_ACME_HOSTS`.',
  },
} satisfies Record<string, ErrorEntry>;

/** Why an app does not start. */
export const startErrors = {
  KAFKA_ACCESS: {
    where: ['start', 'command'],
    what: 'Kafka does not let the app or the command in, because a setting for it is wrong.',
    whatToDo:
      'Set the variable that the message begins with; see [Use a secured Kafka](../how-to/use-a-secured-kafka.md).',
  },
  KAFKA_ACL_MISSING: {
    where: ['start', 'command'],
    what: 'The brokers do not allow what the app or the command needs.',
    whatToDo: 'Give it the ACL that the message names; see [ACLs on Kafka](kafka-acls.md).',
  },
  KAFKA_TOPICS_WRONG: {
    where: ['start'],
    what: 'Topics are not as they must be: `KAFKA_TOPICS` is `verify`, or the brokers refuse to create them.',
    whatToDo:
      'Run the command line of each topic that the message names, or set the variable that it speaks of, such as `KAFKA_REPLICATION_FACTOR`.',
  },
  CONFIGURATION_INVALID: {
    where: ['start'],
    what: 'Environment variables of an app are missing or wrong.',
    whatToDo: 'Set each one that the message names; see [environment variables](environment.md).',
  },
  HAPROXY_MISSING: {
    where: ['start'],
    what: 'The program that `GATEWAY_HAPROXY` names is not there, or is too old. The gateway goes on trying.',
    whatToDo:
      'Install HAProxy 2.6 or newer, on Debian and Ubuntu the package `haproxy`; see [Reach a service by its name](../how-to/reach-a-service.md).',
  },
  HAPROXY_NOT_STARTED: {
    where: ['start'],
    what: 'HAProxy ends at its start. The gateway goes on trying.',
    whatToDo:
      'Do what the message says; often the port of `GATEWAY_LISTEN` is taken, or is below 1024 and the gateway may not use it.',
  },
  CERTIFICATE_UNREADABLE: {
    where: ['start', 'command'],
    what: 'A file of `GATEWAY_TLS_CERTIFICATES` is not there, cannot be read, or holds no certificate in PEM. What it held before is served on.',
    whatToDo: 'Do what the message says; see [Serve HTTPS](../how-to/serve-https.md#your-own-certificates).',
  },
  CERTIFICATE_KEY_WRONG: {
    where: ['start', 'command'],
    what: 'The private key of a certificate is missing, encrypted, or belongs to another certificate. What its file held before is served on.',
    whatToDo:
      'Give the key that was made for the certificate, without a passphrase: `openssl pkey -in encrypted.pem -out key.pem`.',
  },
  CERTIFICATE_UNUSABLE: {
    where: ['start', 'command'],
    what: 'A certificate has expired, is not valid yet, is for no host name, or is too weak. What its file held before is served on.',
    whatToDo: 'Do what the message says, often: renew the certificate.',
  },
  DATABASE_CONNECTION: {
    where: ['start'],
    what: 'The database that a variable names does not answer, or does not take the login or the certificate.',
    whatToDo:
      'Do what the message says, often a variable to set or a statement to run; see [a managed Postgres](../how-to/use-a-managed-postgres.md).',
  },
  DATABASE_POOLER: {
    where: ['start'],
    what: 'A URL leads to a connection pooler where a session is needed, or both URLs do not name the same database and role.',
    whatToDo:
      'Set `DATABASE_DIRECT_URL` to the URL of the server itself; see [PgBouncer](../how-to/use-a-managed-postgres.md#through-pgbouncer).',
  },
  DATABASE_INCOMPLETE: {
    where: ['start'],
    what: 'The database is too old, or lacks a schema, a right or an extension that the app needs.',
    whatToDo: 'Run the statement that the message names, as the role that it names.',
  },
  DATABASE_IS_NEWER: {
    where: ['start'],
    what: 'A newer version has changed the schema already.',
    whatToDo: 'Start that version, or a newer one.',
  },
  MIGRATION_BLOCKED: {
    where: ['start'],
    what: 'A migration waited for a table that other sessions lock.',
    whatToDo: 'Wait until the sessions that the message names end, or end them; then start again.',
  },
} satisfies Record<string, ErrorEntry>;
