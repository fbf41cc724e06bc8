import { describe, expect, it } from 'vitest';
import { Mailbox } from './mailbox.js';

describe('a mailbox', () => {
  it('hands over one input at a time, in order, also those that come meanwhile', () => {
    const log: string[] = [];
    const mailbox = new Mailbox<number>((input) => {
      log.push(`begin ${input}`);
      if (input === 1) for (const more of [2, 3]) mailbox.post(more);
      log.push(`end ${input}`);
    });
    mailbox.post(1);
    mailbox.post(4);
    expect(log).toEqual([1, 2, 3, 4].flatMap((input) => [`begin ${input}`, `end ${input}`]));
  });

  it('hands over nothing once it is closed, not even what waits', () => {
    const handled: number[] = [];
    const mailbox = new Mailbox<number>((input) => {
      handled.push(input);
      mailbox.post(input + 1);
      if (input === 2) mailbox.close();
    });
    mailbox.post(1);
    mailbox.post(9);
    expect(handled).toEqual([1, 2]);
  });

  it('goes on with the next input after one whose handling failed', () => {
    const handled: number[] = [];
    const mailbox = new Mailbox<number>((input) => {
      if (input === 1) throw new Error('one');
      handled.push(input);
    });
    expect(() => mailbox.post(1)).toThrow('one');
    mailbox.post(2);
    expect(handled).toEqual([2]);
  });
});
