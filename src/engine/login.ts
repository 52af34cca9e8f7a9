/** The keywords that say how to log in: stronger than the command line, weaker than the inventory's variables. */
import { CtplayError } from '../errors.ts';
import type { TargetOverrides } from '../load/target.ts';
import type { Source } from '../load/tree.ts';
import type { Templar } from '../template/index.ts';
import { keyword, type Chain } from './chain.ts';

export type Login = Pick<TargetOverrides, 'user' | 'port' | 'connection'>;

/** Where nothing is said of it: always the same, by which what goes with it is found again. */
export const asUsual: Login = {};

/** remote_user, port and connection as they hold for a task. Throws playbook.keyword for a port that is none. */
export function loginOf(chain: Chain, templar: Templar, source: Source): Login {
  const given = (name: 'remoteUser' | 'port' | 'connection'): unknown => {
    const value = keyword(chain, name);
    return value === undefined ? undefined : templar.render(value, { span: source.span });
  };
  const [user, port, connection] = [given('remoteUser'), given('port'), given('connection')];
  if (user === undefined && port === undefined && connection === undefined) return asUsual;
  const number = Number(port);
  if (port !== undefined && (!Number.isInteger(number) || number < 1 || number > 65_535)) throw new CtplayError('playbook.keyword', "'port' must be an integer from 1 to 65535", { span: source.span, found: String(port) });
  return {
    ...(user === undefined ? {} : { user: String(user) }),
    ...(port === undefined ? {} : { port: number }),
    ...(connection === undefined ? {} : { connection: /(?:^|\.)local$/.test(String(connection)) ? 'local' : 'ssh' }),
  };
}
