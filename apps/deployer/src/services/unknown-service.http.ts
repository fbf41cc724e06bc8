import { ApiError } from '#libs/http';

export function unknownService(of: { readonly appId: string; readonly service: string }): ApiError {
  return new ApiError({
    status: 404,
    code: 'SERVICE_UNKNOWN',
    message: `There is no service ${of.appId}/${of.service}.`,
    hint: `See which there are: slipway releases ${of.appId}`,
  });
}
