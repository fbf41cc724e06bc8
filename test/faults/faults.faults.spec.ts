import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { leaveOut } from '../short-form.js';
import { type Fault, faults } from './faults.js';
import { codeOf, contradicting, type Figures, figuresOf } from './figures.js';
import { Installation } from './installation.js';
import { disagreements, leftOvers } from './left-over.js';
import { scalingUnderFaults } from './scaling.js';
import { Stream } from './stream.js';
import { writeTable } from './table.js';
import { watchingOfNodes } from './watching.js';

const APPLICATIONS = 6;
/** Requests come so long before a fault and after it. */
const AROUND_MS = 1_500;
/** Of what has to last: a minute, or what every `npm test` has time for. */
const WHOLE_MS = 60_000;
const SHORT_MS = 15_000;

const extent = process.env['SLIPWAY_FAULTS'] ?? 'short';
const isChosen = (name: string, isInShort = false): boolean =>
  extent === 'whole' || (extent === 'short' ? isInShort : new RegExp(extent).test(name));
const chosen = faults.filter(({ name, isInShort }) => isChosen(name, isInShort));

let installation: Installation;
let stream: Stream;
const results: Figures[] = [];

beforeAll(async () => {
  installation = await Installation.start();
  stream = new Stream(Array.from({ length: APPLICATIONS }, (_, n) => uniqueName(`faults${n}`)));
  await stream.prepare();
});
afterAll(async () => {
  await stream?.close();
  await installation?.stop();
  if (extent !== 'short') writeTable(results, faults);
});

async function around(fault: Fault): Promise<void> {
  await delay(AROUND_MS);
  await fault.strike(installation);
  await delay(AROUND_MS);
}

const stopAll = (): Promise<unknown> => Promise.all(stream.apps.map((appId) => stream.ask('stop', appId)));

watchingOfNodes(
  () => installation,
  extent === 'short' ? SHORT_MS : WHOLE_MS,
  (name) => isChosen(name, /Kafka away|one agent killed/.test(name)),
);

scalingUnderFaults(
  () => installation,
  (name) => isChosen(name, name === 'the load balancer that decides is lost while a service grows'),
);

const ofStream = chosen.length > 0 ? describe : leaveOut;
ofStream('under a stream of requests, each is answered once in content and nothing is left over', () => {
  it.each(chosen.map((fault) => [fault.name, fault] as const))('%s', async (name, fault) => {
    const over = around(fault);
    const sent = await stream.during(over);
    await over;
    const [app = ''] = stream.apps;
    const asked = performance.now();
    const answer = await stream.ask('build-and-run', app);
    const newRequestMs = performance.now() - asked;
    const unanswered = await stream.unanswered(sent);
    const unrepeated = await stream.unrepeated(sent);
    const untrue = await disagreements(installation, stream.apps);
    await stopAll();
    const left = await leftOvers(installation, stream.apps);
    const figures = figuresOf(name, sent, { leftOver: left.length, newRequestMs });
    results.push(figures);
    console.log(figures);
    const unexpected = sent.filter(({ replies: [first] }) => {
      const code = first && codeOf(first);
      return code !== undefined && fault.mayFailWith?.includes(code) !== true;
    });
    expect({ unanswered, unrepeated, unexpected, contradicting: contradicting(sent), untrue, left }).toEqual({
      ...{ unanswered: [], unrepeated: [], unexpected: [], contradicting: [], untrue: [], left: [] },
    });
    expect(answer).toMatchObject({ status: true });
    expect(installation.crashes).toEqual([]);
  });
});
