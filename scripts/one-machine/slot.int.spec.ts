import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimSlot, type Slot } from './slot.js';

/**
 * Not a unit spec: these share a process, and a child that another file starts holds the locks for a moment.
 * Slots are the machine's: far from those of a set-up, and of another run of this file.
 */
const FIRST = 1_000 + process.pid * 10;

let cache: string;
const claimed: Slot[] = [];

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'slipway-slot-'));
});

afterEach(async () => {
  await Promise.all(claimed.splice(0).map((slot) => slot.release()));
  rmSync(cache, { recursive: true, force: true });
});

async function claim(): Promise<Slot> {
  const slot = await claimSlot(cache, FIRST);
  claimed.push(slot);
  return slot;
}

describe('claimSlot', () => {
  it('gives two claims two numbers, also at the same time', async () => {
    const slots = await Promise.all([claim(), claim(), claim()]);
    expect(slots.map((slot) => slot.number).sort()).toEqual([FIRST, FIRST + 1, FIRST + 2]);
    expect(new Set(slots.map((slot) => slot.directory)).size).toBe(3);
  });

  it('gives a released number out again', async () => {
    const first = await claim();
    await claim();
    await first.release();
    expect((await claim()).number).toBe(first.number);
  });

  it('undoes what the one before left', async () => {
    const before = await claim();
    const left = join(cache, 'left');
    before.ledger.hold({ kind: 'directory', path: left });
    mkdirSync(left);
    // As if it had been killed: the number is free, and nothing was undone.
    await before.release();
    const after = await claim();
    expect(after).toMatchObject({ number: before.number, cleaned: 1 });
    expect(existsSync(left)).toBe(false);
    expect(after.ledger.entries()).toEqual([]);
  });

  it('undoes what a killed start left in a slot that it does not take', async () => {
    const lower = await claim();
    const killed = await claim();
    const left = join(cache, 'left');
    killed.ledger.hold({ kind: 'directory', path: left });
    mkdirSync(left);
    await Promise.all([lower.release(), killed.release()]);
    expect(await claim()).toMatchObject({ number: lower.number, cleaned: 1 });
    expect(existsSync(left)).toBe(false);
  });

  it('leaves alone what a live set-up holds', async () => {
    const lower = await claim();
    const live = await claim();
    const held = join(cache, 'held');
    live.ledger.hold({ kind: 'directory', path: held });
    mkdirSync(held);
    await lower.release();
    expect(await claim()).toMatchObject({ number: lower.number, cleaned: 0 });
    expect(existsSync(held)).toBe(true);
  });

  it('says so when all are taken', async () => {
    for (let taken = 0; taken < 8; taken += 1) await claim();
    await expect(claim()).rejects.toThrow('8 set-ups run on this machine already');
  });
});
