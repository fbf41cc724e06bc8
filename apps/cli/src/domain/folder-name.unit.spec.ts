import { expect, it } from 'vitest';
import { deployedAs, nameOfFolder } from './folder-name.js';

it.each([
  ['web', 'web'],
  ['user_service', 'user_service'],
  ['Back', 'back'],
  ['My_App', 'my_app'],
  ['My Site 2.0', 'my-site-2-0'],
  ['Café', 'cafe'],
  ['.hidden_', 'hidden'],
  ['日本', undefined],
  ['x'.repeat(70), undefined],
])('a service in the folder %s is called %s', (folder, name) => {
  expect(nameOfFolder(folder)).toBe(name);
});

it('says where a service has another name than its folder', () => {
  expect(deployedAs('Back', 'back')).toBe('Back is deployed as back');
  expect(deployedAs('front_end', 'front_end')).toBe('front_end is deployed as front-end');
});
