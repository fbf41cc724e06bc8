import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Mailbox } from './mailbox.js';

interface Input {
  readonly n: number;
}

const post = (mailbox: Mailbox<Input>, ...numbers: readonly number[]): void =>
  numbers.forEach((n) => mailbox.post({ n }));

describe('a mailbox', () => {
  it('hands over one input at a time, in order, also those that come meanwhile', async () => {
    const log: string[] = [];
    const mailbox = new Mailbox<Input>();
    post(mailbox, 1);
    const delivered = mailbox.deliver(({ n }) => {
      log.push(`begin ${n}`);
      if (n === 1) post(mailbox, 2, 3);
      if (n === 4) mailbox.close();
      log.push(`end ${n}`);
    });
    post(mailbox, 4);
    await delivered;
    expect(log).toEqual([1, 2, 3, 4].flatMap((n) => [`begin ${n}`, `end ${n}`]));
  });

  it('hands over nothing once it is closed, not even what waits', async () => {
    const handled: number[] = [];
    const mailbox = new Mailbox<Input>();
    post(mailbox, 1, 9);
    await mailbox.deliver(({ n }) => {
      handled.push(n);
      mailbox.close();
    });
    expect(handled).toEqual([1]);
  });

  it('ends when it is closed while nothing waits', async () => {
    const mailbox = new Mailbox<Input>();
    const delivered = mailbox.deliver(() => undefined);
    mailbox.close();
    expect(await delivered).toBeUndefined();
  });

  it('the trace of a task was lost with an answer: handles in the context of whoever asked, not of whoever posts', async () => {
    const context = new AsyncLocalStorage<string>();
    const mailbox = new Mailbox<Input>();
    const seen: (string | undefined)[] = [];
    const delivered = context.run('the task', () =>
      mailbox.deliver(({ n }) => {
        seen.push(context.getStore());
        if (n === 2) mailbox.close();
      }),
    );
    context.run('a consumer', () => post(mailbox, 1));
    await Promise.resolve();
    context.run('another', () => post(mailbox, 2));
    await delivered;
    expect(seen).toEqual(['the task', 'the task']);
  });
});
