export * from './app-schemas.js';
export * from './app-tables.js';
export * from './provision-app-roles.js';
