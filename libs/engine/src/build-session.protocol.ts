import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** Of moby/buildkit session: secrets/secrets.proto, auth/auth.proto, upload/upload.proto; and grpc's own health.proto. */
const PROTOCOL = {
  nested: {
    'moby.buildkit.secrets.v1': {
      nested: {
        Secrets: {
          methods: { GetSecret: { requestType: 'GetSecretRequest', responseType: 'GetSecretResponse' } },
        },
        GetSecretRequest: { fields: { ID: { type: 'string', id: 1 } } },
        GetSecretResponse: { fields: { data: { type: 'bytes', id: 1 } } },
      },
    },
    'moby.filesync.v1': {
      nested: {
        Auth: {
          methods: {
            Credentials: { requestType: 'CredentialsRequest', responseType: 'CredentialsResponse' },
          },
        },
        CredentialsRequest: { fields: { Host: { type: 'string', id: 1 } } },
        CredentialsResponse: {
          fields: { Username: { type: 'string', id: 1 }, Secret: { type: 'string', id: 2 } },
        },
      },
    },
    'moby.upload.v1': {
      nested: {
        Upload: {
          methods: {
            Pull: {
              ...{ requestType: 'BytesMessage', responseType: 'BytesMessage' },
              ...{ requestStream: true, responseStream: true },
            },
          },
        },
        BytesMessage: { fields: { data: { type: 'bytes', id: 1 } } },
      },
    },
    'grpc.health.v1': {
      nested: {
        Health: {
          methods: { Check: { requestType: 'HealthCheckRequest', responseType: 'HealthCheckResponse' } },
        },
        HealthCheckRequest: { fields: { service: { type: 'string', id: 1 } } },
        HealthCheckResponse: { fields: { status: { type: 'int32', id: 1 } } },
      },
    },
  },
};

/** Types of protobufjs ask for every kind of member at once. */
type Namespace = Parameters<typeof fromJSON>[0];

const definitions = fromJSON(PROTOCOL as unknown as Namespace, { keepCase: true });
const serviceNamed = (name: string): ServiceDefinition => definitions[name] as ServiceDefinition;

export const secretsService = serviceNamed('moby.buildkit.secrets.v1.Secrets');
export const authService = serviceNamed('moby.filesync.v1.Auth');
export const uploadService = serviceNamed('moby.upload.v1.Upload');
export const healthService = serviceNamed('grpc.health.v1.Health');
