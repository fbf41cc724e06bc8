import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKafka, SILENT } from '#libs/kafka';
import { Child } from './child.js';
import { startOnFreePorts } from './free-port.js';
import { type RunningPart, type Server, theirs } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);
const VERSION = '4.1.0';
const CLUSTER_ID = 'slipwayOneMachineQQ';

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>slipway</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.1')}
${dependency('org.apache.logging.log4j', 'log4j-core', '2.25.1')}
</dependencies></project>`;

/** Apache Kafka's jars through Maven, once per version, kept in the user's cache. */
async function jars({ cache, report }: SetUp): Promise<string> {
  const folder = join(cache, `kafka-${VERSION}`);
  if (existsSync(folder)) return folder;
  const started = performance.now();
  report('Kafka', 'working', 0, `fetching the jars of ${VERSION} through Maven`);
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'pom.xml'), POM);
  try {
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      join(work, 'pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${work}`,
    ]);
  } catch (cause) {
    await rm(work, { recursive: true, force: true });
    throw new Error(
      'Maven could not fetch Kafka. Check that mvn and java 17 are installed and reach a Maven repository, or set KAFKA_BROKERS.',
      { cause },
    );
  }
  // Renamed whole, so that a start that was killed half-way leaves nothing that looks complete.
  await rename(work, folder);
  report('Kafka', 'working', performance.now() - started, 'jars fetched');
  return folder;
}

/** A broker that lives for minutes does not get back what the optimising compiler costs. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** What a broker has beside its plain listener. */
export interface BrokerSecurity {
  /** `SASL_SSL` -> port */
  readonly listeners: Readonly<Record<string, number>>;
  readonly properties: Readonly<Record<string, string | number>>;
  /** For the tool that formats its folder. */
  readonly format: readonly string[];
  readonly jvm: readonly string[];
}

const PLAIN_ONLY: BrokerSecurity = { listeners: {}, properties: {}, format: [], jvm: [] };

interface Broker {
  readonly id: number;
  readonly port: number;
  readonly controller: number;
  readonly folder: string;
}

const addressOf = ({ port }: Broker): string => `127.0.0.1:${port}`;
const configOf = ({ folder }: Broker): string => join(folder, 'server.properties');

/** What is kept by several brokers outlasts one of them; one that is gone is missed within seconds. */
const amongSeveral = {
  'min.insync.replicas': 2,
  'broker.heartbeat.interval.ms': 500,
  'broker.session.timeout.ms': 3_000,
};

function properties(
  { id, port, controller, folder }: Broker,
  all: readonly Broker[],
  { listeners, properties: further }: BrokerSecurity,
): string {
  const open = { PLAINTEXT: port, ...listeners };
  const addresses = Object.entries(open).map(([name, at]) => `${name}://127.0.0.1:${at}`);
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': all.map((broker) => `${broker.id}@127.0.0.1:${broker.controller}`).join(','),
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': addresses.join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'default.replication.factor': all.length,
    'offsets.topic.replication.factor': all.length,
    'transaction.state.log.replication.factor': all.length,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    ...(all.length > 1 ? amongSeveral : {}),
    ...further,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** Ready means that a metadata request is answered, not that a port is open. */
async function hasMetadata(broker: string, brokers: number): Promise<boolean> {
  const client = { brokers: [broker], clientId: 'one-machine', logger: SILENT, retries: 0 };
  const admin = createKafka(client).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length >= brokers;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

/** Apache Kafka in KRaft mode on data that goes with it; KAFKA_BROKERS, when set, is used instead. */
export async function startKafka(setUp: SetUp): Promise<RunningPart> {
  return process.env['KAFKA_BROKERS'] ? theirs : startBrokers(setUp);
}

/** Brokers of its own, whatever the environment names. */
export async function startBrokers(setUp: SetUp, security = PLAIN_ONLY): Promise<RunningPart> {
  const classPath = `${await jars(setUp)}/*`;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kafka-'));
  setUp.slot.ledger.hold({ kind: 'directory', path: folder });
  const count = setUp.breakable ? 3 : 1;
  const { brokers, servers } = await startOnFreePorts(2 * count, async (ports) => {
    const all = await prepare(folder, ports, { classPath, security });
    const begun = await Promise.allSettled(
      all.map((broker) => startBroker(setUp, broker, all, { classPath, security })),
    );
    const running = begun.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failure = begun.find((one) => one.status === 'rejected');
    if (failure === undefined) return { brokers: all, servers: running };
    await Promise.all(running.map((server) => server.stop()));
    throw failure.reason;
  });
  const factor: Record<string, string> =
    brokers.length > 1 ? { KAFKA_REPLICATION_FACTOR: String(brokers.length) } : {};
  return {
    env: { KAFKA_BROKERS: brokers.map(addressOf).join(','), ...factor },
    servers,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Program {
  readonly classPath: string;
  readonly security: BrokerSecurity;
}

/** Brokers that know of each other, each with two of the ports, and a formatted folder of its own. */
async function prepare(
  root: string,
  ports: readonly number[],
  { classPath, security }: Program,
): Promise<readonly Broker[]> {
  const brokers = Array.from({ length: ports.length / 2 }, (_, n): Broker => ({
    id: n + 1,
    port: Number(ports[2 * n]),
    controller: Number(ports[2 * n + 1]),
    folder: join(root, String(n + 1)),
  }));
  await Promise.all(
    brokers.map(async (broker) => {
      await rm(broker.folder, { recursive: true, force: true });
      await mkdir(broker.folder);
      await writeFile(configOf(broker), properties(broker, brokers, security));
      const format = ['format', `--cluster-id=${CLUSTER_ID}`, '-c', configOf(broker), ...security.format];
      await run('java', [...SHORT_LIVED, '-cp', classPath, 'kafka.tools.StorageTool', ...format]);
    }),
  );
  return brokers;
}

function startBroker(
  { slot }: SetUp,
  broker: Broker,
  all: readonly Broker[],
  { classPath, security }: Program,
): Promise<Server> {
  const jvm = [...SHORT_LIVED, '-Xms128m', '-Xmx384m', ...security.jvm, '-cp', classPath];
  const name = all.length > 1 ? `Kafka ${broker.id}` : 'Kafka';
  const options = { ledger: slot.ledger, cwd: broker.folder };
  return Restartable.start(
    () => new Child(name, 'java', [...jvm, 'kafka.Kafka', configOf(broker)], options),
    () => hasMetadata(addressOf(broker), all.length),
  );
}
