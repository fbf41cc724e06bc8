import { Controller, Inject } from '@nestjs/common';
import { type CertificateAnswer, gatewayRoutes as routes, type InputOf, type Page } from '#libs/contracts';
import { Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import type { Listed } from './domain/listed.js';
import { CERTIFICATES, type CertificateList } from './ports.js';

/** The certificates of this gateway. */
@Controller()
export class CertificatesController {
  constructor(@Inject(CERTIFICATES) private readonly certificates: CertificateList) {}

  @Serves(routes.certificates)
  async list(@Input() { query }: InputOf<typeof routes.certificates>): Promise<Page<CertificateAnswer>> {
    const begin = placeAfter(z.tuple([z.number().int().min(0)]), query.after, {})?.[0] ?? 0;
    const all = await this.certificates.list();
    const placed = all
      .map((item, index) => ({ item: answerOf(item), place: [index + 1] }))
      .slice(begin, begin + query.limit + 1);
    return toPage(placed, query.limit, {});
  }
}

const time = (ms: number): string => new Date(ms).toISOString();

function answerOf({ names, source, isServed, issuer, ...rest }: Listed): CertificateAnswer {
  const { expiresMs, renewsMs, nextTryMs, error } = rest;
  return {
    ...{ names: [...names], source, served: isServed },
    ...(issuer !== undefined && { issuer }),
    ...(expiresMs !== undefined && { expiresAt: time(expiresMs) }),
    ...(renewsMs !== undefined && { renewsAt: time(renewsMs) }),
    ...(nextTryMs !== undefined && { nextTryAt: time(nextTryMs) }),
    ...(error && {
      error: {
        code: error.code,
        message: error.message,
        ...(error.atMs !== undefined && { at: time(error.atMs) }),
      },
    }),
  };
}
