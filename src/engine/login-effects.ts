/** Changes after which a login is no longer what a new one would be, or would not be had any more. */
import { meet, type Domain } from '../module.ts';

/** What sshd(8), PAM and login(1) look at when somebody logs in: supplementary groups, for one, are those of that moment (initgroups(3)). */
const decisive: readonly Domain[] = [
  'user', 'group', 'file:etc:ssh', 'file:etc:passwd', 'file:etc:shadow', 'file:etc:group', 'file:etc:pam.d', 'file:etc:security',
  'file:etc:environment', 'file:etc:login.defs', 'file:etc:nologin', 'file:etc:hosts.allow', 'file:etc:hosts.deny',
];

/** Whether changes of these domains may matter to logins, as those do that may be about anything. */
export function affectLogins(domains: readonly Domain[]): boolean {
  return meet(domains, decisive) || domains.some((domain) => /:\.ssh(?::|$)/.test(domain));
}
