import { ApiError } from '#libs/http';

export function withoutLog(of: string): ApiError {
  return new ApiError({
    status: 404,
    code: 'BUILD_LOG_UNKNOWN',
    message: `There is no build log ${of}.`,
    hint: 'An unchanged source is not built again, so it has no log of its own. GET /v1/builds?appId=&service= lists what is kept.',
  });
}
