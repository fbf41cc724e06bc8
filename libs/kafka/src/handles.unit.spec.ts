import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { firstValueFrom, from, isObservable } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeReported, type NodeReport } from '#libs/contracts';
import { Tombstone } from './cloud-event.js';
import { Consumer, handlesWithin, tombstonePattern, tombstonesWithin } from './handles.js';

class Refused extends Error {}

const Handles = handlesWithin<string>();
const HandlesTombstone = tombstonesWithin<string>();

const handled: unknown[] = [];

@Consumer()
class NodeReports {
  @Handles(nodeReported)
  async record(report: NodeReport, tx: string): Promise<void> {
    await Promise.resolve();
    if (report.node === 'broken') throw new Refused();
    handled.push([report.node, tx]);
  }

  @HandlesTombstone(nodeReported)
  async removed({ key }: Tombstone, tx: string): Promise<void> {
    await Promise.resolve();
    handled.push([`${key} was removed`, tx]);
  }
}

@Module({ controllers: [NodeReports] })
class NodeReportsModule {}

/** Hands messages over as the strategy does, without a broker. */
class Memory extends Server implements CustomTransportStrategy {
  listen = (callback: () => void): void => callback();
  close = (): void => undefined;
  override on = (): never => fail();
  override unwrap = (): never => fail();

  deliver(node: string, tx: unknown): Promise<void> {
    return this.handOver(nodeReported.type, { ...nodeReported.example, node }, tx);
  }

  async handOver(pattern: string, data: unknown, tx: unknown): Promise<void> {
    const result: unknown = await this.getHandlerByPattern(pattern)?.(data, { tx });
    if (isObservable(result)) await firstValueFrom(from(result), { defaultValue: undefined });
  }
}

const fail = (): never => {
  throw new Error('this transport has no client');
};

const memory = new Memory();
let close: () => Promise<void>;
beforeAll(async () => {
  const app = await NestFactory.createMicroservice(NodeReportsModule, { strategy: memory, logger: false });
  await app.listen();
  close = () => app.close();
});
afterAll(() => close());

it('a method gets the data of its message, and the transaction that records it as handled', async () => {
  await memory.deliver('node-1', 'the transaction');
  expect(handled).toEqual([['node-1', 'the transaction']]);
});

it('a method that handles tombstones gets what was removed', async () => {
  await memory.handOver(tombstonePattern(nodeReported.type), new Tombstone('node-2'), 'the transaction');
  expect(handled.at(-1)).toEqual(['node-2 was removed', 'the transaction']);
});

it('what it throws arrives as it was thrown', async () => {
  await expect(memory.deliver('broken', 'the transaction')).rejects.toBeInstanceOf(Refused);
});

it('a method that takes another transaction than that of its inbox compiled', () => {
  const decorate = Handles(nodeReported);
  expect(decorate<(report: NodeReport, tx: string) => Promise<void>>).toBe(decorate);
  // @ts-expect-error The compiler refuses it: the transactions of this inbox are strings.
  expect(decorate<(report: NodeReport, tx: number) => Promise<void>>).toBe(decorate);
});
