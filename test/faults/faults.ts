import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { requireEnv } from '#libs/testing';
import type { Watcher } from '../../scripts/soak/fleet.js';
import { stepClocks } from './clock.js';
import type { Installation } from './installation.js';
import { killBroker } from './kafka-broker.js';
import { crashNode, cutOffNode, fillDisk, restartSshd } from './node-faults.js';

/** Something that breaks for a few seconds, and is whole again when `strike` resolves. */
export interface Fault {
  readonly name: string;
  /** For the table. */
  readonly what: string;
  /** Codes that a request may fail with, since the fault makes its success impossible. */
  readonly mayFailWith?: readonly string[];
  /** Among the few that every `npm test` has. */
  readonly isInShort?: boolean;
  strike(installation: Installation): Promise<void>;
}

const DOWN_MS = 6_000;
const POSTGRES_DOWN_MS = 3_000;
const FAULTY_MS = 8_000;
const LATE_MS = 500;
const WATCHER_DOWN_MS = 4_000;

/** Ends a server in order and starts it again. */
const restart =
  (name: string, downMs: number) =>
  async (installation: Installation): Promise<void> => {
    const server = installation.server(name);
    await server.stop();
    await delay(downMs);
    await server.start();
  };

async function flushAndStopRedis(installation: Installation): Promise<void> {
  const redis = new Redis(requireEnv('REDIS_URL'));
  await redis.flushall();
  redis.disconnect();
  await restart('Redis', DOWN_MS)(installation);
}

async function registryAnswers500({ registry }: Installation): Promise<void> {
  registry.status = 500;
  await delay(FAULTY_MS);
  registry.status = undefined;
}

async function registryIsSlow({ registry }: Installation): Promise<void> {
  registry.lateMs = LATE_MS;
  await delay(FAULTY_MS);
  registry.lateMs = 0;
}

/** One, and then all of them. */
const killWatchers =
  (app: Watcher) =>
  async (installation: Installation): Promise<void> => {
    for (const places of [[0], [0, 1]]) {
      const { revive } = await installation.kill(app, ...places);
      await delay(WATCHER_DOWN_MS);
      await revive();
    }
  };

export const faults: readonly Fault[] = [
  {
    name: 'Kafka broker killed and restarted',
    what: 'SIGKILL; its partitions get other leaders; started again after 5 s or more',
    strike: killBroker,
  },
  {
    name: 'Postgres restarted',
    what: 'ended with all its sessions, started again after 3 s',
    isInShort: true,
    strike: restart('PostgreSQL', POSTGRES_DOWN_MS),
  },
  {
    name: 'Redis flushed and stopped',
    what: 'emptied, ended, started again after 6 s. It holds only what can be rebuilt: all goes on as if nothing had been',
    strike: flushAndStopRedis,
  },
  {
    name: 'registry answers 500',
    what: 'to everything, for 8 s',
    mayFailWith: ['PUSH_FAILED', 'REGISTRY_UNREACHABLE'],
    strike: registryAnswers500,
  },
  {
    name: 'registry is slow',
    what: 'half a second more before each answer, for 8 s',
    strike: registryIsSlow,
  },
  {
    name: 'blob storage down',
    what: 'ended, started again after 6 s',
    mayFailWith: ['BLOB_UNAVAILABLE'],
    strike: restart('Azurite', DOWN_MS),
  },
  {
    name: 'node cut off',
    what: 'one of four: its link is down for 12 s',
    mayFailWith: ['NODE_UNREACHABLE'],
    strike: cutOffNode,
  },
  {
    name: 'node crashed',
    what: 'one of four: all its processes are killed; it boots after 6 s, with the disk that it had',
    mayFailWith: ['NODE_UNREACHABLE'],
    strike: crashNode,
  },
  {
    name: 'sshd restarted',
    what: 'on all nodes: server and sessions are killed, started again after 4 s',
    mayFailWith: ['NODE_UNREACHABLE', 'NO_NODE'],
    strike: restartSshd,
  },
  {
    name: 'disk full on a node',
    what: 'one of four: a file takes all that is left of the disk of its engine, for 10 s',
    // What cannot start there runs on another node within the same request.
    mayFailWith: [],
    strike: fillDisk,
  },
  {
    name: 'agents killed',
    what: 'one replica, started again after 4 s, then both at once, for 4 s',
    strike: killWatchers('agent'),
  },
  {
    name: 'node managers killed',
    what: 'one replica, started again after 4 s, then both at once, for 4 s',
    strike: killWatchers('node-manager'),
  },
  {
    name: 'clock of a replica stepped',
    what: 'one deployer’s an hour on and another’s an hour back; 4 s later the other way round; 4 s later both right',
    strike: stepClocks,
  },
];
