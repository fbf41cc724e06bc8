import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKafka, SILENT } from '#libs/kafka';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
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

function properties(port: number, controller: number, folder: string): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** Ready means that a metadata request is answered, not that a port is open. */
async function hasMetadata(broker: string): Promise<boolean> {
  const client = { brokers: [broker], clientId: 'one-machine', logger: SILENT, retries: 0 };
  const admin = createKafka(client).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

/** Apache Kafka in KRaft mode on data that goes with it; KAFKA_BROKERS, when set, is used instead. */
export async function startKafka(setUp: SetUp): Promise<RunningPart> {
  if (process.env['KAFKA_BROKERS']) return theirs;
  const classPath = `${await jars(setUp)}/*`;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kafka-'));
  const { ledger } = setUp.slot;
  ledger.hold({ kind: 'directory', path: folder });
  const port = await freePort();
  const config = join(folder, 'server.properties');
  await writeFile(config, properties(port, await freePort(), folder));
  const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${CLUSTER_ID}`, '-c', config];
  await run('java', ['-cp', classPath, ...format]);
  const jvm = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-cp', classPath];
  const server = new Child('Kafka', 'java', [...jvm, 'kafka.Kafka', config], { ledger, cwd: folder });
  const broker = `127.0.0.1:${port}`;
  await server.until(() => hasMetadata(broker));
  return {
    env: { KAFKA_BROKERS: broker },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
