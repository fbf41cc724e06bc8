import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHALLENGE_PATH } from '../../data-plane/domain/certificates.js';

/** Base64url, as RFC 8555 wants tokens; authorities give 43 letters. */
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
/** Anybody may ask, and each question is one of the database. */
const MOST_AT_ONCE = 32;
const ANSWER_MS = 5_000;

/**
 * Answers the challenges of an authority, for HAProxy on this machine. It looks them up, so it knows those of other gateways.
 */
export class ChallengeServer {
  private underWay = 0;

  private constructor(
    private readonly answerTo: (token: string) => Promise<string | undefined>,
    private readonly server: Server,
  ) {}

  static async open(answerTo: (token: string) => Promise<string | undefined>): Promise<ChallengeServer> {
    const server = createServer({ requestTimeout: ANSWER_MS });
    const challenges = new ChallengeServer(answerTo, server);
    server.on('request', ({ url = '' }, response) => void challenges.answer(url, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return challenges;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    const say = (status: number, body: string): void =>
      void response.writeHead(status, { 'content-type': 'application/octet-stream' }).end(body);
    const token = url.startsWith(CHALLENGE_PATH) ? url.slice(CHALLENGE_PATH.length) : '';
    if (!TOKEN.test(token)) return say(404, 'No such challenge.\n');
    if (this.underWay >= MOST_AT_ONCE) return say(503, 'Too many questions.\n');
    this.underWay += 1;
    try {
      const found = await this.answerTo(token);
      if (found === undefined) say(404, 'No such challenge.\n');
      else say(200, found);
    } catch {
      say(503, 'The challenges cannot be read now.\n');
    } finally {
      this.underWay -= 1;
    }
  }
}
