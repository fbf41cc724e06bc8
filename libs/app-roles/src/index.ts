export * from './app-schemas.js';
export * from './provision-app-roles.js';
