import { Controller, Inject } from '@nestjs/common';
import {
  deployerRoutes as routes,
  type InputOf,
  type Page,
  type ReleaseDetails,
  serviceNameSchema,
} from '#libs/contracts';
import { Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { RELEASE_RECORD, type ReleaseRecord } from './ports.js';

const placeSchema = z.tuple([serviceNameSchema, z.string().regex(/^\d{1,18}$/)]);

/** What was built of an application. */
@Controller()
export class ReleasesController {
  constructor(@Inject(RELEASE_RECORD) private readonly releases: ReleaseRecord) {}

  @Serves(routes.releases)
  async list(@Input() { query }: InputOf<typeof routes.releases>): Promise<Page<ReleaseDetails>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(placeSchema, after, filter);
    return toPage(await this.releases.list(filter, limit + 1, place), limit, filter);
  }
}
