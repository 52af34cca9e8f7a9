import { expect, it } from 'vitest';
import { affectLogins } from '../../../src/engine/login-effects.ts';

it.each([
  [[], false],
  [['link:eth1', 'docker'], false],
  [['file:etc:hosts'], false],
  [['file:srv:app'], false],
  [['package:nginx', 'service:nginx'], false],
  [['*'], true],
  [['link:eth1', 'group:docker'], true],
  [['user'], true],
  [['file'], true],
  [['file:etc'], true],
  [['file:etc:ssh:sshd_config.d:x.conf'], true],
  [['file:home:me:.ssh:authorized_keys'], true],
  [['file:home:me:.ssh'], true],
  [['file:home:me:.sshrc'], false],
])('%j matter to logins: %s', (domains, expected) => expect(affectLogins(domains)).toBe(expected));
