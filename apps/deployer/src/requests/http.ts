import { Controller, Headers, Inject, Res } from '@nestjs/common';
import {
  type AnswerOf,
  type DeploymentProgress,
  deployerRoutes as routes,
  type DeploymentReply,
  type InputOf,
  type Page,
  type RequestDetails,
  type RequestLine,
  type ScaleReply,
  tokenSchema,
} from '#libs/contracts';
import {
  ApiError,
  Caller,
  Input,
  placeAfter,
  preferredWait,
  type Principal,
  Serves,
  toPage,
} from '#libs/http';
import { z } from 'zod';
import type { RequestRecord } from './adapters/request-record.js';
import { REQUEST_RECORD, type Reply, SUBMISSIONS, type Submissions, type TakenIn } from './ports.js';
import { whenClosed, type WaitingReply } from './waiting-reply.http.js';

/** When it was received, in microseconds since 1970, and its token. */
const placeSchema = z.tuple([z.string().regex(/^\d{1,18}$/), tokenSchema]);

/** What became of requests. */
@Controller()
export class RequestsController {
  constructor(@Inject(REQUEST_RECORD) private readonly record: RequestRecord) {}

  @Serves(routes.requests)
  async requests(@Input() { query }: InputOf<typeof routes.requests>): Promise<Page<RequestLine>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(placeSchema, after, filter);
    return toPage(await this.record.list(filter, limit + 1, place), limit, filter);
  }

  @Serves(routes.request)
  async request(@Input() { params }: InputOf<typeof routes.request>): Promise<RequestDetails> {
    return found(params.token, await this.record.request(params.token));
  }

  @Serves(routes.history)
  async history(@Input() { params }: InputOf<typeof routes.history>): Promise<DeploymentProgress[]> {
    return found(params.token, await this.record.history(params.token));
  }
}

interface SendHeaders {
  readonly prefer?: string;
  readonly traceparent?: string;
}

/** Takes requests in, as the consumers of the topics do. */
@Controller()
export class SubmissionsController {
  constructor(@Inject(SUBMISSIONS) private readonly submissions: Submissions) {}

  @Serves(routes.sendRequest)
  async send(
    @Input() { body }: InputOf<typeof routes.sendRequest>,
    @Caller() { name }: Principal,
    @Headers() { prefer, traceparent }: SendHeaders,
    @Res({ passthrough: true }) answer: WaitingReply,
  ): Promise<AnswerOf<typeof routes.sendRequest>> {
    const taken = await this.submissions.deployment(body, { principal: name, traceparent });
    sayIfOther(taken, answer);
    return this.answer<DeploymentReply>(body.token, prefer, answer);
  }

  @Serves(routes.sendScaleRequest)
  async sendScale(
    @Input() { body }: InputOf<typeof routes.sendScaleRequest>,
    @Caller() { name }: Principal,
    @Headers() { prefer, traceparent }: SendHeaders,
    @Res({ passthrough: true }) answer: WaitingReply,
  ): Promise<AnswerOf<typeof routes.sendScaleRequest>> {
    const taken = await this.submissions.scale(body, { principal: name, traceparent });
    sayIfOther(taken, answer);
    return this.answer<ScaleReply>(body.token, prefer, answer);
  }

  /** A token that is known has the reply of its first request, whichever kind that was. */
  private async answer<R extends Reply>(token: string, prefer: string | undefined, answer: WaitingReply) {
    const seconds = preferredWait(prefer);
    const self = `/v1/requests/${token}`;
    answer.header('location', self);
    if (seconds !== undefined) {
      answer.header('preference-applied', `wait=${seconds}`);
      const reply = await this.submissions.reply(token, seconds * 1_000, whenClosed(answer));
      if (reply !== undefined) return reply as R;
    }
    answer.status(202);
    return { token, links: { self, history: `${self}/history` } };
  }
}

/** A token is answered once. Who sends another body with it by mistake would take the answer for its own. */
function sayIfOther({ isOther }: TakenIn, answer: WaitingReply): void {
  if (isOther) answer.header('slipway-known-token', 'other-body');
}

function found<T>(token: string, item: T | undefined): T {
  if (item !== undefined) return item;
  throw new ApiError({
    status: 404,
    code: 'REQUEST_UNKNOWN',
    message: `There is no request ${token}.`,
    hint: 'Check the token. It is in every event and reply of the request, which the deployer must have read.',
  });
}
