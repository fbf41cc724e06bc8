import type { AnsweredRequest } from '../../data-plane/domain/answered.js';
import { latencyOf } from '../../data-plane/domain/answered.js';
import { ResponseTimes } from './response-times.js';

/** Which service and instance a line of the log is about. */
export interface Answering {
  readonly service?: string;
  readonly instance?: string;
}

/** What the log said of one service or instance since the last look. */
export interface Seen {
  readonly times: ResponseTimes;
  /** Answers of 500 or more, as clients got them. */
  readonly failed: number;
  /** Requests that came to no instance, and were not held for one. */
  readonly unserved: number;
  readonly probes: number;
  /** A client asked, and no health check. */
  readonly isAsked: boolean;
}

type Writable = { -readonly [K in keyof Seen]: Seen[K] };

/** HAProxy's name of the server that holds requests. */
const HELD_BY = 'activator';
const P95 = 0.95;

/** What the log of requests says of services and instances, second by second. */
export class AnswersSeen {
  private readonly services = new Map<string, Writable>();
  private readonly instances = new Map<string, Writable>();

  answered({ service, instance }: Answering, answer: AnsweredRequest): void {
    const seconds = latencyOf(answer);
    const ms = seconds === undefined ? undefined : seconds * 1_000;
    if (service !== undefined && !answer.isBack) this.ofService(known(this.services, service), answer, ms);
    if (instance === undefined) return;
    const one = known(this.instances, instance);
    if (answer.isProbe) one.probes += 1;
    else if (ms !== undefined) one.times.add(ms);
  }

  service(id: string): Seen | undefined {
    return this.services.get(id);
  }

  instance(name: string): Seen | undefined {
    return this.instances.get(name);
  }

  /** A second is over; only what is carried is remembered. */
  nextSecond(services: { has(id: string): boolean }, instances: { has(name: string): boolean }): void {
    forget(this.services, services);
    forget(this.instances, instances);
  }

  private ofService(one: Writable, answer: AnsweredRequest, ms: number | undefined): void {
    if (answer.isProbe) return;
    one.isAsked = true;
    if (answer.status >= 500) one.failed += 1;
    const isElsewhere = answer.cache === 'hit' || answer.server === HELD_BY || isInstance(answer.server);
    if (!isElsewhere) one.unserved += 1;
    if (ms !== undefined && answer.cache !== 'hit') one.times.add(ms);
  }
}

/** As members of figures; those that are not known are left out. */
export function timesOf(times: ResponseTimes | undefined): { meanMs?: number; p95Ms?: number } {
  const [meanMs, p95Ms] = [times?.meanMs, times?.quantileMs(P95)];
  return {
    ...(meanMs !== undefined && { meanMs: threeDigits(meanMs) }),
    ...(p95Ms !== undefined && { p95Ms: threeDigits(p95Ms) }),
  };
}

/** More would differ each second, and say no more. */
const threeDigits = (value: number): number => Number(value.toPrecision(3));

const isInstance = (server: string): boolean => /^s\d+$/.test(server);

function known(all: Map<string, Writable>, name: string): Writable {
  const one = all.get(name) ?? {
    times: new ResponseTimes(),
    failed: 0,
    unserved: 0,
    probes: 0,
    isAsked: false,
  };
  all.set(name, one);
  return one;
}

function forget(all: Map<string, Writable>, carried: { has(name: string): boolean }): void {
  for (const [name, { times }] of all) {
    times.nextSecond();
    if (!carried.has(name) || times.count === 0) all.delete(name);
    else all.set(name, { times, failed: 0, unserved: 0, probes: 0, isAsked: false });
  }
}
