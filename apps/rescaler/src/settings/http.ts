import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  type Page,
  rescalerRoutes as routes,
  type RescalingSettings,
  type SettingsVersion,
} from '#libs/contracts';
import { ApiError, Caller, Input, placeAfter, type Principal, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { settingsProblems } from '../guardian/domain/settings.js';
import { changedSettings, currentSettings } from './domain/settings.js';
import { SETTINGS_RECORD, type SettingsRecord } from './ports.js';

const versionPlace = z.tuple([z.string().regex(/^\d{1,9}$/)]);

/** What is configured while the rescaler runs. */
@Controller()
export class SettingsController {
  constructor(@Inject(SETTINGS_RECORD) private readonly record: SettingsRecord) {}

  @Serves(routes.rescalingSettings)
  current(): Promise<SettingsVersion> {
    return this.record.current();
  }

  @Serves(routes.setRescalingSettings)
  set(
    @Input() { body, query: { reason } }: InputOf<typeof routes.setRescalingSettings>,
    @Caller() { name: principal }: Principal,
  ): Promise<SettingsVersion> {
    return this.record.change({ principal, ...(reason !== undefined && { reason }) }, (before) =>
      checked(changedSettings(before, body)),
    );
  }

  @Serves(routes.rescalingSettingsVersions)
  async versions(
    @Input() { query }: InputOf<typeof routes.rescalingSettingsVersions>,
  ): Promise<Page<SettingsVersion>> {
    const { limit, after } = query;
    const place = placeAfter(versionPlace, after, {});
    return toPage(await this.record.versions(limit + 1, place), limit, {});
  }
}

function checked(settings: RescalingSettings): RescalingSettings {
  const problems = settingsProblems(currentSettings(0, settings).guard);
  if (problems.length === 0) return settings;
  throw new ApiError({
    ...{ status: 400, code: 'SETTINGS_UNFIT', message: `The settings are wrong: ${problems.join('; ')}` },
    hint: 'Correct what is named and send them again; nothing was changed.',
  });
}
